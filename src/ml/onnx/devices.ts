/** From the studio's device setting to ONNX Runtime's execution providers. */
import { LipwireError } from '../../contract';
import { cpuOf, type Runtime } from './runtime/runtime';

/** Device setting → name of the execution provider. */
const PROVIDERS: Readonly<Record<string, string>> = {
  cpu: 'cpu',
  cuda: 'cuda',
  webgpu: 'webgpu',
  directml: 'dml',
  coreml: 'coreml',
  wasm: 'wasm',
};

/** Devices that ONNX Runtime may have besides the CPU, the fastest first. */
export const SETTABLE_DEVICES = ['cuda', 'directml', 'coreml', 'webgpu'] as const;

/** The devices other than the CPU that this ONNX Runtime offers; whether they are there shows later. */
export function offeredDevices({ providers }: Pick<Runtime, 'providers'>): string[] {
  return SETTABLE_DEVICES.filter((device) => providers.includes(PROVIDERS[device]));
}

/**
 * The execution provider of a device. `auto` is the CPU: the networks here are too small to gain
 * from the way to a GPU and back.
 * @throws E_INPUT for an unknown device, E_NATIVE for one that this ONNX Runtime has not
 */
export function executionProvider(
  device: string,
  { kind, providers, reason }: Pick<Runtime, 'kind' | 'providers' | 'reason'>,
): string {
  if (device === 'auto' || device === 'cpu') return cpuOf(kind);
  const provider = PROVIDERS[device];
  if (!provider) {
    throw new LipwireError(
      'E_INPUT',
      `Expected one of auto, ${Object.keys(PROVIDERS).join(', ')} for the device but received ` +
        `"${device}".`,
    );
  }
  if (providers.includes(provider)) return provider;
  const why = reason ? ` (${reason})` : '';
  throw new LipwireError(
    'E_NATIVE',
    `Expected ONNX Runtime to support the device ${device} but it offers ${providers.join(', ')} ` +
      `here${why}; choose auto or cpu.`,
  );
}

/** The end of a native library's message says what is wrong; before it are places in its source. */
export function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  const text = cause instanceof Error ? cause.message : message;
  const line = text.trim().split('\n')[0];
  return line.replace(/^.* was false\. /, '').slice(0, 160);
}
