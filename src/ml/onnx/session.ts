/** Opens and runs networks; in the worker process only, as a run blocks its thread. */
import type { InferenceSession } from 'onnxruntime-node';
import { LipwireError } from '../../contract';
import { cpuOf, type Runtime, runtimeOf } from './runtime';

export interface NetworkOptions {
  /** `auto`, `cpu`, `cuda`, `webgpu`, `directml` or `coreml`. */
  device?: string;
  /** Threads per operator; 1 by default: the networks are small, and results are the same everywhere. */
  threads?: number;
  /**
   * Whether the size of inputs changes from run to run: memory is then taken for each run and given
   * back after it, where otherwise it would be kept for the largest.
   */
  hasOpenSizes?: boolean;
}

/** A float32 tensor. */
export interface Tensor {
  data: Float32Array;
  shape: readonly number[];
}

/** What a network may be given: float32, int64 or int32 numbers. */
export interface InputTensor {
  data: Float32Array | BigInt64Array | Int32Array;
  shape: readonly number[];
}

/** An input or output; `type` is ONNX Runtime's name, for example `float32`. */
interface Port {
  name: string;
  type: string;
  shape: readonly (number | string)[];
}

export interface Network {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** The execution provider that runs it. */
  readonly device: string;
  /** Inputs by name in, outputs by name out. */
  run(inputs: Record<string, InputTensor>): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
}

const DEFAULT_THREADS = 1;

/**
 * @param model path of an ONNX file, or its bytes
 * @throws E_NATIVE when ONNX Runtime does not load or lacks the device, E_MODEL_INVALID when the file
 *   does not load
 */
export async function openNetwork(
  model: string | Uint8Array,
  { device = 'auto', threads = DEFAULT_THREADS, hasOpenSizes = false }: NetworkOptions = {},
): Promise<Network> {
  const runtime = await runtimeOf(device);
  const provider = executionProvider(device, runtime);
  const session = await createSession();
  return {
    inputs: ports(session.inputMetadata),
    outputs: ports(session.outputMetadata),
    device: provider,
    async run(inputs) {
      const feeds = Object.fromEntries(
        Object.entries(inputs).map(([name, { data, shape }]) => {
          return [name, new runtime.Tensor(typeOf(data), data, shape)];
        }),
      );
      const results = await session.run(feeds).catch((cause: unknown) => {
        throw notComputed(cause as Error);
      });
      return Object.fromEntries(
        Object.entries(results).map(([name, { data, dims }]) => {
          return [name, { data: data as Float32Array, shape: dims }];
        }),
      );
    },
    release: () => session.release(),
  };

  async function createSession(): Promise<InferenceSession> {
    const options: InferenceSession.SessionOptions = {
      executionProviders: [provider],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
      ...(hasOpenSizes && { enableCpuMemArena: false, enableMemPattern: false }),
      // Idle threads must not spin between two runs.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    };
    try {
      return typeof model === 'string'
        ? await runtime.InferenceSession.create(model, options)
        : await runtime.InferenceSession.create(model, options);
    } catch (cause) {
      if (provider !== cpuOf(runtime.kind)) throw unusable(device, cause as Error);
      const what = typeof model === 'string' ? model : 'the network';
      throw new LipwireError(
        'E_MODEL_INVALID',
        `Expected ${what} to be a network that ONNX Runtime can run but it is not ` +
          `(${(cause as Error).message}).`,
        { cause },
      );
    }
  }
}

/** Some faults of a file show only when it runs: huge values, indexes out of range. */
function notComputed(cause: Error): LipwireError {
  const [line] = cause.message.trim().split('\n');
  return new LipwireError(
    'E_MODEL_INVALID',
    `Expected the network to compute its result but ONNX Runtime gave up (${line.slice(0, 300)}); ` +
      'choose another model, or free some memory.',
    { cause },
  );
}

function unusable(device: string, cause: Error): LipwireError {
  const [line] = cause.message.trim().split('\n');
  return new LipwireError(
    'E_NATIVE',
    `Expected the device ${device} to be usable but ONNX Runtime could not start it (${line}); ` +
      'choose auto or cpu.',
    { cause },
  );
}

function ports(metadata: readonly InferenceSession.ValueMetadata[]): Network['inputs'] {
  return metadata.map((port) => ({
    name: port.name,
    ...(port.isTensor ? { type: port.type, shape: port.shape } : { type: '', shape: [] }),
  }));
}

function typeOf(data: InputTensor['data']): 'float32' | 'int64' | 'int32' {
  if (data instanceof Float32Array) return 'float32';
  return data instanceof BigInt64Array ? 'int64' : 'int32';
}

/** Devices besides the CPU, fastest first. */
export const SETTABLE_DEVICES = ['cuda', 'directml', 'coreml', 'webgpu'] as const;

/** Device setting → name of the execution provider. */
const PROVIDERS: Readonly<Record<string, string>> = {
  cpu: 'cpu',
  cuda: 'cuda',
  webgpu: 'webgpu',
  directml: 'dml',
  coreml: 'coreml',
  wasm: 'wasm',
};

/** The devices besides the CPU in this build of ONNX Runtime; they may still be unusable. */
export function offeredDevices({ providers }: Pick<Runtime, 'providers'>): string[] {
  return SETTABLE_DEVICES.filter((device) => providers.includes(PROVIDERS[device]));
}

/**
 * The execution provider of a device. `auto` is the CPU: the transfer to a GPU costs these small
 * networks more than it saves.
 * @throws E_INPUT for an unknown device, E_NATIVE for one that this ONNX Runtime lacks
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

/** The first line of an error, without the source location that native libraries put before it. */
export function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  const text = cause instanceof Error ? cause.message : message;
  const line = text.trim().split('\n')[0];
  return line.replace(/^.* was false\. /, '').slice(0, 160);
}
