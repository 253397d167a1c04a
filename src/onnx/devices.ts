/** From the studio's device setting to ONNX Runtime's execution providers. */
import { LipwireError } from '../media';
import type { Runtime } from './runtime';

/** Device setting → name of the execution provider. */
const PROVIDERS: Readonly<Record<string, string>> = {
  cpu: 'cpu',
  cuda: 'cuda',
  webgpu: 'webgpu',
  directml: 'dml',
  coreml: 'coreml',
};

/**
 * The execution provider of a device. `auto` is the CPU: the networks here are too small to gain
 * from the way to a GPU and back.
 * @throws E_INPUT for an unknown device, E_NATIVE for one that this ONNX Runtime has not
 */
export function executionProvider(device: string, runtime: Runtime): string {
  if (device === 'auto' || device === 'cpu') return 'cpu';
  const provider = PROVIDERS[device];
  if (!provider) {
    throw new LipwireError(
      'E_INPUT',
      `Expected one of auto, ${Object.keys(PROVIDERS).join(', ')} for the device but received ` +
        `"${device}".`,
    );
  }
  const available = runtime.listSupportedBackends().map(({ name }) => name);
  if (available.includes(provider)) return provider;
  throw new LipwireError(
    'E_NATIVE',
    `Expected ONNX Runtime to support the device ${device} but it offers ${available.join(', ')} ` +
      'here; choose auto or cpu.',
  );
}
