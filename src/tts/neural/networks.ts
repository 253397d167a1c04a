/** Networks of voices, kept open between texts. Worker process only. */
import { readFile, stat } from 'node:fs/promises';
import { withOutput } from '../../ml/onnx/writer';
import { readNames, type NamedNode } from '../../ml/onnx/read';
import { openNetwork, type Network } from '../../ml/onnx/session';

/** Threads of a voice: more gain little, and the cores are needed for the pictures. */
const THREADS = 2;
/** So many stay open; a Piper voice takes some 150 MB. */
const MOST = 2;

export interface VoiceNetwork extends Network {
  /** Output with the length of each input id in frames; none where the graph does not show it. */
  readonly durations: string | undefined;
}

export interface VoiceNetworkOptions {
  device: string;
  threads?: number;
  /**
   * The tensor that holds the length of each id.
   * @returns undefined where it cannot be told for sure
   */
  durations(nodes: readonly NamedNode[]): string | undefined;
}

interface Kept {
  key: string;
  opening: Promise<VoiceNetwork>;
  /** Speeches that use it now. */
  users: number;
}

/** The last used one comes last. */
let kept: Kept[] = [];

/**
 * Runs `work` with the network of a file, opened at its first use.
 * @throws E_MODEL_INVALID, E_NATIVE
 */
export async function* withVoiceNetwork<T>(
  file: string,
  options: VoiceNetworkOptions,
  work: (network: VoiceNetwork) => AsyncIterable<T>,
): AsyncGenerator<T> {
  const { size, mtimeMs } = await stat(file);
  const threads = options.threads ?? THREADS;
  const key = [file, size, mtimeMs, options.device, threads].join('\0');
  const there = kept.find((one) => one.key === key);
  const used = there ?? { key, opening: openVoice(file, threads, options), users: 0 };
  kept = [...kept.filter((one) => one !== used), used];
  used.users++;
  try {
    await closeIdle(MOST);
    yield* work(await used.opening);
  } catch (error) {
    // A network that did not open is tried again by the next text.
    await used.opening.catch(() => {
      kept = kept.filter((one) => one !== used);
    });
    throw error;
  } finally {
    used.users--;
  }
}

/** Closes networks that nobody uses, until so many are left. */
export async function closeIdle(most: number): Promise<void> {
  for (const one of kept.slice(0, Math.max(0, kept.length - most))) {
    if (one.users > 0) continue;
    kept = kept.filter((other) => other !== one);
    const network = await one.opening.catch(() => undefined);
    await network?.release();
  }
}

async function openVoice(
  file: string,
  threads: number,
  { device, durations }: VoiceNetworkOptions,
): Promise<VoiceNetwork> {
  const bytes = await readFile(file);
  const { nodes, outputs } = readNames(bytes);
  const tensor = durations(nodes);
  const isNew = tensor !== undefined && !outputs.includes(tensor);
  const model = isNew ? withOutput(bytes, tensor) : bytes;
  const network = await openNetwork(model, { device, threads, hasOpenSizes: true });
  return { ...network, durations: tensor };
}
