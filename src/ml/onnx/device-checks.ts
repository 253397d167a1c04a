/** What each device that can be set is on this machine, for whoever has to choose one. */
import { offeredDevices, SETTABLE_DEVICES } from './devices';
import { loadRuntime } from './runtime/runtime';
import { cpuDevice, usableDevices } from './usable-devices';

export interface DeviceCheck {
  device: string;
  /** `absent`: this ONNX Runtime has not got it; `failed`: it has, but it does not compute here. */
  state: 'usable' | 'absent' | 'failed';
  /** Of a failure, in the library's own words; of the CPU, why WebAssembly computes instead. */
  reason?: string;
}

/** Has each device compute something small; the CPU first, then the fastest first. @throws E_NATIVE */
export async function deviceChecks(): Promise<DeviceCheck[]> {
  const cpu = await cpuDevice();
  const offered = offeredDevices(await loadRuntime());
  const { devices, failures } = await usableDevices();
  const others = SETTABLE_DEVICES.map((device): DeviceCheck => {
    if (devices.includes(device)) return { device, state: 'usable' };
    if (!offered.includes(device)) return { device, state: 'absent' };
    return { device, state: 'failed', reason: failures[device] ?? 'it does not compute' };
  });
  const { reason } = cpu;
  return [{ device: 'cpu', state: 'usable', ...(reason && { reason }) }, ...others];
}
