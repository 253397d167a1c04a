/** Which devices are there: that ONNX Runtime offers one says nothing of the machine. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { executionProvider, offeredDevices, reasonOf } from './devices';
import { loadRuntime } from './runtime';
import { openNetwork } from './session';
import { writeModel } from './writer';

export interface UsableDevices {
  /** The fastest first; without the CPU. */
  devices: string[];
  /** Why others are not. */
  reason: string;
}

let found: Promise<UsableDevices> | undefined;

/** Tries each offered device with a network of one node; once a process. */
export function usableDevices(): Promise<UsableDevices> {
  found ??= tryAll();
  return found;
}

/** @throws E_INPUT for an unknown device, E_NATIVE for one that this ONNX Runtime has not */
export async function expectDevice(device: string): Promise<void> {
  executionProvider(device, await loadRuntime());
}

async function tryAll(): Promise<UsableDevices> {
  const devices: string[] = [];
  const reasons: string[] = [];
  for (const device of offeredDevices(await loadRuntime())) {
    if (device === 'cuda' && !hasCuda()) continue;
    try {
      await (await openNetwork(nothing(), { device })).release();
      devices.push(device);
    } catch (error) {
      reasons.push(`${device}: ${reasonOf(error)}`);
    }
  }
  return { devices, reason: reasons.join('; ') };
}

/** The npm package has no CUDA libraries; where its install script did not get them, nothing is tried. */
function hasCuda(): boolean {
  const place = path.join(path.dirname(require.resolve('onnxruntime-node')), '..', 'bin');
  const folder = path.join(place, 'napi-v6', process.platform, process.arch);
  return !existsSync(folder) || existsSync(path.join(folder, 'libonnxruntime_providers_shared.so'));
}

function nothing(): Buffer {
  const [x, y] = ['x', 'y'].map((name) => ({ name, shape: [1] }));
  const nodes = [{ operator: 'Identity', inputs: ['x'], outputs: ['y'] }];
  return writeModel({ name: 'nothing', inputs: [x!], outputs: [y!], constants: [], nodes });
}
