/** Which devices run networks here, and the best of several ways to run one. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { LipwireError } from '../../contract';
import { cpuOf, loadRuntime, passThrough, runtimeOf } from './runtime';
import { executionProvider, offeredDevices, openNetwork, reasonOf } from './session';

export interface UsableDevices {
  /** Fastest first, without the CPU. */
  devices: string[];
  /** Why other devices are unusable. */
  reason: string;
  /** By device, of those that this ONNX Runtime offers. */
  failures: Readonly<Record<string, string>>;
}

let found: Promise<UsableDevices> | undefined;

/**
 * Tries each offered device with a network of one node; once a process.
 * @throws E_NATIVE, E_INPUT as `loadRuntime`; the next call tries again then
 */
export function usableDevices(): Promise<UsableDevices> {
  found ??= tryAll().catch((error: unknown) => {
    found = undefined;
    throw error;
  });
  return found;
}

/** @throws E_INPUT for an unknown device, E_NATIVE for one that this ONNX Runtime lacks */
export async function expectDevice(device: string): Promise<void> {
  executionProvider(device, await runtimeOf(device));
}

/** What the device `cpu` is here: WebAssembly where the native runtime does not load. */
export async function cpuDevice(): Promise<{ device: 'cpu' | 'wasm'; reason?: string }> {
  const { kind, reason } = await loadRuntime();
  return { device: cpuOf(kind), ...(reason && { reason }) };
}

async function tryAll(): Promise<UsableDevices> {
  const devices: string[] = [];
  const runtime = await loadRuntime();
  const reasons = runtime.reason ? [runtime.reason] : [];
  const failures: Record<string, string> = {};
  for (const device of offeredDevices(runtime)) {
    if (device === 'cuda' && !hasCuda()) {
      failures[device] = 'its libraries are not installed';
      continue;
    }
    try {
      await checkDevice(device);
      devices.push(device);
    } catch (error) {
      failures[device] = reasonOf(error);
      reasons.push(`${device}: ${failures[device]}`);
    }
  }
  return { devices, reason: reasons.join('; '), failures };
}

/** Runs a network of one node. @throws what is wrong with the device */
async function checkDevice(device: string): Promise<void> {
  const network = await openNetwork(passThrough(), { device });
  try {
    const { y } = await network.run({ x: { data: new Float32Array([0.75]), shape: [1] } });
    if (y?.data[0] !== 0.75) throw new Error('it computes something else than it should');
  } finally {
    await network.release();
  }
}

/** The npm package has no CUDA libraries; its install script downloads them, or not. */
function hasCuda(): boolean {
  const place = path.join(path.dirname(require.resolve('onnxruntime-node')), '..', 'bin');
  const folder = path.join(place, 'napi-v6', process.platform, process.arch);
  return !existsSync(folder) || existsSync(path.join(folder, 'libonnxruntime_providers_shared.so'));
}

/** A way to run a network: a device and a precision. */
export interface Way {
  device: string;
  precision: string;
}

/** A network that is open on a device. */
export interface OpenOn {
  /** Runs one batch of synthetic inputs. */
  check(): Promise<Float32Array>;
  release(): Promise<void>;
}

export interface Chosen<T> extends Way {
  network: T;
  /** dB against the CPU; undefined on the CPU itself. */
  psnr?: number;
  /** Why earlier ways were not taken. */
  reason?: string;
}

/** dB; below it two devices disagree. */
export const LEAST_PSNR = 35;

/**
 * Tries ways in their order. One is taken when it opens, agrees with the CPU on one batch to
 * {@link LEAST_PSNR}, and is not slower (a GPU in software, for instance).
 * @param cpu the reference, taken when no other way is, unless `isCpuTaken` is false
 * @throws E_NATIVE with all reasons when none is taken and `isCpuTaken` is false
 */
export async function bestWay<T extends OpenOn>(
  ways: readonly Way[],
  open: (way: Way) => Promise<T>,
  cpu: Way,
  { isCpuTaken = true, isSpeedAsked = true }: { isCpuTaken?: boolean; isSpeedAsked?: boolean } = {},
): Promise<Chosen<T>> {
  let reference: { network: T; output: Float32Array; milliseconds: number } | undefined;
  const reasons: string[] = [];
  for (const way of ways) {
    const name = way.precision === 'fp32' ? way.device : `${way.device} in ${way.precision}`;
    try {
      const network = await open(way);
      reference ??= await releasing(network, () => openMeasured(open, cpu));
      const found = await releasing(network, () => measured(network));
      const agreement = psnr(reference.output, found.output);
      const isSlow = isSpeedAsked && found.milliseconds > reference.milliseconds;
      if (agreement >= LEAST_PSNR && !isSlow) {
        await reference.network.release();
        const reason = reasons.join('; ');
        return { ...way, network, psnr: agreement, ...(reason && { reason }) };
      }
      await network.release();
      reasons.push(
        agreement < LEAST_PSNR
          ? `${name} agrees with the CPU to ${agreement.toFixed(1)} dB only`
          : `${name} is slower than the CPU`,
      );
    } catch (error) {
      if (error instanceof LipwireError && error.code === 'E_CANCELLED') throw error;
      reasons.push(`${name}: ${reasonOf(error)}`);
    }
  }
  const reason = reasons.join('; ');
  if (!isCpuTaken) {
    await reference?.network.release();
    throw new LipwireError(
      'E_NATIVE',
      `Expected the device ${ways[0]?.device ?? 'of a GPU'} to run the network but it does not ` +
        `(${reason || 'there is none'}); choose auto or cpu for the device.`,
    );
  }
  const network = reference?.network ?? (await open(cpu));
  return { ...cpu, network, ...(reason && { reason }) };
}

/** The result of `work`; releases the network when it fails. */
async function releasing<R>(network: OpenOn, work: () => Promise<R>): Promise<R> {
  return work().catch(async (error: unknown) => {
    await network.release();
    throw error;
  });
}

async function openMeasured<T extends OpenOn>(open: (way: Way) => Promise<T>, way: Way) {
  const network = await open(way);
  return releasing(network, () => measured(network));
}

async function measured<T extends OpenOn>(network: T) {
  // The first run on a GPU compiles its programs.
  await network.check();
  const start = performance.now();
  const output = await network.check();
  return { network, output, milliseconds: performance.now() - start };
}

/**
 * Peak signal-to-noise ratio in dB of numbers from 0 to 1; 100 where they agree better than that.
 * NaN anywhere gives 0.
 */
export function psnr(wanted: Float32Array, found: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < wanted.length; i++) sum += (wanted[i] - found[i]) ** 2;
  const error = sum / wanted.length;
  if (!(error >= 0) || wanted.length !== found.length) return 0;
  return Math.min(100, -10 * Math.log10(Math.max(error, 1e-10)));
}
