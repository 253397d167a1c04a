/** Frames a second of the network, in PyTorch, as a plain graph, and as we run it. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { KEPT } from '../../src/lipsync/wav2lip/aligned-crop';
import { openMouthNetwork } from '../../src/lipsync/wav2lip/mouth-network';
import { WINDOW_VALUES } from '../../src/lipsync/wav2lip/windows';
import { openNetwork } from '../../src/ml/onnx/session';
import { WAV2LIP_96, wav2lipTable } from '../../src/lipsync/wav2lip/network-table';
import { noise } from '../../test/support/noise';
import { seededFace, seededMel } from '../../test/support/seeded-tensors';

export interface Speeds {
  /** Undefined where there is none; `version` then says why. */
  pytorch: number | undefined;
  version: string;
  lines: { name: string; fps: number }[];
}

interface Contender {
  name: string;
  batch: number;
  run(): Promise<unknown>;
  rounds: number[];
}

const ROUNDS = 5;
const FACE_VALUES = 6 * 96 * 96;

export async function networkSpeeds(
  model: string,
  options: { folder: string; seconds: number; threads: number },
): Promise<Speeds> {
  const { folder, seconds, threads } = options;
  const before = await pytorchSpeed(folder, threads);
  const open = (precision: 'fp32' | 'int8') =>
    openMouthNetwork({ path: model, sha256: 'seeded'.padEnd(64, '0') }, KEPT, {
      modelsFolder: folder,
      device: 'cpu',
      threads,
      precision,
    });
  const contenders = [await plain(model, threads)];
  for (const [letter, precision, batches] of [
    ['c', 'fp32', [1, 4, 16]],
    ['d', 'int8', [1, 4, 16]],
  ] as const) {
    const network = await open(precision);
    const speak = await network.face(seededFace());
    const add = (what: string, batch: number, run: () => Promise<unknown>): void => {
      const name = `(${letter}) ${what}, ${precision}, batch ${batch}`;
      contenders.push({ name, batch, run, rounds: [] });
    };
    for (const batch of batches) add('still', batch, () => speak(mels(batch), batch));
    const faces = repeated(seededFace(), 4);
    add('video', 4, () => network.faces(faces, mels(4), 4));
  }
  await race(contenders, seconds);
  const after = await pytorchSpeed(folder, threads);
  const both = [before.fps, after.fps].filter((fps) => fps !== undefined);
  return {
    pytorch: both.length > 0 ? Math.max(...both) : undefined,
    version: before.version,
    lines: contenders.map(({ name, rounds }) => ({ name, fps: median(rounds) })),
  };
}

async function plain(model: string, threads: number): Promise<Contender> {
  const network = await openNetwork(await readFile(model), { threads });
  const mel = { data: seededMel(), shape: [1, 1, 80, 16] };
  const face = { data: seededFace(), shape: [1, 6, 96, 96] };
  const run = () => network.run({ mel, face });
  return { name: '(b) plain ONNX graph, batch 1', batch: 1, run, rounds: [] };
}

/** Everyone runs a little in every round, so that a busy machine is busy for all. */
async function race(all: readonly Contender[], seconds: number): Promise<void> {
  for (const { run } of all) await run();
  for (let round = 0; round < ROUNDS; round++) {
    for (const { run, batch, rounds } of all) {
      const start = performance.now();
      let frames = 0;
      while (performance.now() - start < seconds * 1000) {
        await run();
        frames += batch;
      }
      rounds.push((frames * 1000) / (performance.now() - start));
    }
  }
}

async function pytorchSpeed(
  folder: string,
  threads: number,
): Promise<{ fps: number | undefined; version: string }> {
  // Plain JavaScript, shared with a script that has no loader.
  const { networkJob, torch } = (await import('../support/wav2lip-torch.mjs')) as {
    networkJob: (design: unknown, table: unknown) => object;
    torch: (file: string) => Promise<{ absent?: string; version?: string; fps?: number }>;
  };
  const job = path.join(folder, 'job.json');
  const network = networkJob(WAV2LIP_96, wav2lipTable());
  await writeFile(
    job,
    JSON.stringify({ task: 'speed', batch: 16, seconds: 6, threads, ...network }),
  );
  const { absent, version = '', fps } = await torch(job);
  return { fps, version: absent ?? version };
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

function mels(count: number): Float32Array {
  return noise(count * WINDOW_VALUES, -4, 4);
}

function repeated(values: Float32Array, count: number): Float32Array {
  const all = new Float32Array(count * FACE_VALUES);
  for (let i = 0; i < count; i++) all.set(values, i * FACE_VALUES);
  return all;
}
