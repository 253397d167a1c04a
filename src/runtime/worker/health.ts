/** Health of the worker process, part by part. */
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { healthOf, type Health, type StageSettings } from '../../contract';
import type { EngineHealth } from '../../tts/voices';

export interface DeviceCheck {
  device: string;
  /** `absent`: not in this ONNX Runtime; `failed`: it does not compute here. */
  state: 'usable' | 'absent' | 'failed';
  /** Of a failure, as the library says it; of the CPU, why WebAssembly computes instead. */
  reason?: string;
}

/** Plain JSON. */
export interface WorkerHealth {
  machine: {
    /** Undefined outside Linux. */
    libc?: 'glibc' | 'musl';
    processor: { name: string; count: number; features: string[] };
  };
  onnx: Health<{
    library: string;
    /** `cpu` (machine code) or `wasm`. */
    device: string;
    threads?: number;
    /** Why WebAssembly. */
    reason?: string;
    /** The CPU first, then the fastest first. */
    devices: DeviceCheck[];
  }>;
  ffmpeg: Health<{ version: string; ffmpegPath: string; ffprobePath: string }>;
  pictures: Health<{ version: string }>;
  speech: EngineHealth[];
}

export type HealthPart = keyof WorkerHealth;

/** Each loads and tries its libraries. */
const LOOKS: { [P in HealthPart]: (settings: StageSettings) => Promise<WorkerHealth[P]> } = {
  machine: async () => {
    const { libc } = await import('../../ml/onnx/runtime.js');
    const library = libc();
    return { ...(library && { libc: library }), processor: await processor() };
  },
  onnx: () => healthOf(onnx),
  ffmpeg: ({ ffmpegPath: wanted }) =>
    healthOf(async () => {
      const { openFfmpeg } = await import('../../av/ffmpeg/open.js');
      const { version, ffmpegPath, ffprobePath } = await openFfmpeg(wanted);
      return { version, ffmpegPath, ffprobePath };
    }),
  pictures: () =>
    healthOf(async () => {
      const sharp = await (await import('../../av/picture.js')).loadDecoder();
      return { version: sharp.versions.sharp ?? sharp.versions.vips };
    }),
  speech: async (settings) => (await import('../../tts/voices.js')).engineHealths(settings),
};

export async function health(
  settings: StageSettings,
  parts: readonly HealthPart[] = Object.keys(LOOKS) as HealthPart[],
): Promise<Partial<WorkerHealth>> {
  const looks = parts.map(async (part) => [part, await LOOKS[part](settings)] as const);
  return Object.fromEntries(await Promise.all(looks));
}

async function onnx() {
  const { loadRuntime, cpuOf } = await import('../../ml/onnx/runtime.js');
  const { usableDevices } = await import('../../ml/onnx/devices.js');
  const { offeredDevices, SETTABLE_DEVICES } = await import('../../ml/onnx/session.js');
  const runtime = await loadRuntime();
  const { kind, library, threads, reason } = runtime;
  const { devices: usable, failures } = await usableDevices();
  const offered = offeredDevices(runtime);
  const others = SETTABLE_DEVICES.map((device): DeviceCheck => {
    if (usable.includes(device)) return { device, state: 'usable' };
    if (!offered.includes(device)) return { device, state: 'absent' };
    return { device, state: 'failed', reason: failures[device] ?? 'it does not compute' };
  });
  const why = reason ? { reason } : {};
  const devices: DeviceCheck[] = [{ device: 'cpu', state: 'usable', ...why }, ...others];
  return { library, device: cpuOf(kind), ...(threads && { threads }), ...why, devices };
}

/** Names in /proc/cpuinfo of instructions that speed networks up → common names. */
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

async function processor(): Promise<WorkerHealth['machine']['processor']> {
  const name = cpus()[0]?.model.trim() || process.arch;
  // Linux only; Apple's processors all have NEON.
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
