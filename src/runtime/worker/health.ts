/** What the worker process has to work with; asked for by `lipwire doctor`. Loads all libraries. */
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { openFfmpeg } from '../../av/ffmpeg/open';
import type { EngineHealth } from '../../tts/voices';
import { serializeError, type SerializedError } from '../../contract';

/** A part that is there, or why it is not. */
export type Found<T> = T | { error: Pick<SerializedError, 'code' | 'message'> };

/** Plain JSON. */
export interface Health {
  /** Undefined where it is no Linux. */
  libc?: 'glibc' | 'musl';
  processor: { name: string; count: number; features: string[] };
  onnx: Found<{
    library: string;
    /** `cpu` (machine code) or `wasm`. */
    device: string;
    threads?: number;
    /** Why it is WebAssembly. */
    reason?: string;
    /** GPUs and the like that work, the fastest first, and why others do not. */
    devices: string[];
    failures: Readonly<Record<string, string>>;
  }>;
  ffmpeg: Found<{ version: string; ffmpegPath: string; ffprobePath: string }>;
  pictures: Found<{ version: string }>;
  speech: EngineHealth[];
}

/** Names in /proc/cpuinfo of what speeds networks up → as people write it. */
const FEATURES: Readonly<Record<string, string>> = {
  sse4_1: 'SSE4.1',
  avx2: 'AVX2',
  fma: 'FMA',
  avx_vnni: 'AVX-VNNI',
  avx512f: 'AVX-512',
  avx512_vnni: 'AVX-512 VNNI',
  amx_int8: 'AMX',
  neon: 'NEON',
  asimd: 'NEON',
  asimddp: 'dot product',
  i8mm: 'I8MM',
  sve: 'SVE',
};

/** Tries everything; never rejects. @param ffmpegPath as in the studio's setting */
export async function health(ffmpegPath: string): Promise<Health> {
  const { libc } = await import('../../ml/onnx/runtime/runtime.js');
  const library = libc();
  return {
    ...(library && { libc: library }),
    processor: await processor(),
    onnx: await found(onnx),
    ffmpeg: await found(async () => {
      const { version, ffmpegPath: ffmpeg, ffprobePath } = await openFfmpeg(ffmpegPath);
      return { version, ffmpegPath: ffmpeg, ffprobePath };
    }),
    pictures: await found(async () => {
      const sharp = await (await import('../../av/picture.js')).loadDecoder();
      return { version: sharp.versions.sharp ?? sharp.versions.vips };
    }),
    speech: await (await import('../../tts/voices.js')).engineHealths(),
  };
}

async function onnx(): Promise<Exclude<Health['onnx'], { error: unknown }>> {
  const { loadRuntime, cpuOf } = await import('../../ml/onnx/runtime/runtime.js');
  const { usableDevices } = await import('../../ml/onnx/usable-devices.js');
  const { kind, library, threads, reason } = await loadRuntime();
  const { devices, failures } = await usableDevices();
  const facts = { ...(threads && { threads }), ...(reason && { reason }) };
  return { library, device: cpuOf(kind), ...facts, devices, failures };
}

async function found<T>(look: () => Promise<T>): Promise<Found<T>> {
  try {
    return await look();
  } catch (thrown) {
    const { code, message } = serializeError(thrown);
    return { error: { code, message } };
  }
}

async function processor(): Promise<Health['processor']> {
  const name = cpus()[0]?.model.trim() || process.arch;
  // Other systems do not tell in a file; Apple's processors all have NEON.
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  const features = text ? featuresIn(text) : process.arch === 'arm64' ? ['NEON'] : [];
  return { name, count: availableParallelism(), features };
}

/** What of {@link FEATURES} the first processor of a /proc/cpuinfo has. */
export function featuresIn(cpuinfo: string): string[] {
  const flags = /^(?:flags|Features)\s*:(.*)$/m.exec(cpuinfo)?.[1] ?? '';
  const has = new Set(flags.trim().split(/\s+/));
  const names = Object.entries(FEATURES).flatMap(([flag, name]) => (has.has(flag) ? [name] : []));
  return [...new Set(names)];
}
