/** Which devices are there: that ONNX Runtime offers one says nothing of the machine. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { executionProvider, offeredDevices, reasonOf } from './devices';
import { passThrough } from './pass-through';
import { cpuOf, loadRuntime, runtimeOf } from './runtime/runtime';
import { openNetwork } from './session';

export interface UsableDevices {
  /** The fastest first; without the CPU. */
  devices: string[];
  /** Why others are not. */
  reason: string;
  /** The reasons of those that this ONNX Runtime offers, by device. */
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

/** @throws E_INPUT for an unknown device, E_NATIVE for one that this ONNX Runtime has not */
export async function expectDevice(device: string): Promise<void> {
  const runtime = await runtimeOf(device);
  executionProvider(device, runtime);
}

/** What the device `cpu` is here: WebAssembly where the native runtime is not to be had. */
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

/** Has the smallest network computed. @throws what is wrong with the device */
async function checkDevice(device: string): Promise<void> {
  const network = await openNetwork(passThrough(), { device });
  try {
    const { y } = await network.run({ x: { data: new Float32Array([0.75]), shape: [1] } });
    if (y?.data[0] !== 0.75) throw new Error('it computes something else than it should');
  } finally {
    await network.release();
  }
}

/** The npm package has no CUDA libraries; where its install script did not get them, nothing is tried. */
function hasCuda(): boolean {
  const place = path.join(path.dirname(require.resolve('onnxruntime-node')), '..', 'bin');
  const folder = path.join(place, 'napi-v6', process.platform, process.arch);
  return !existsSync(folder) || existsSync(path.join(folder, 'libonnxruntime_providers_shared.so'));
}
