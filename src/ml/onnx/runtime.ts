/**
 * ONNX Runtime: onnxruntime-node where it loads, else onnxruntime-web (WebAssembly). Loaded once per
 * process at first use, never in Node-RED's own process.
 */
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { inputError, LipwireError } from '../../contract';
import { writeModel } from './writer';

export interface Loaders {
  native(): Promise<Runtime>;
  wasm(): Promise<Runtime>;
}

const LOADERS: Loaders = {
  native: () => importLibrary(loadNative, 'onnxruntime-node'),
  wasm: () => importLibrary(loadWasm, 'onnxruntime-web'),
};

/** Values of the environment variable LIPWIRE_ONNX. */
const CHOICES = ['auto', 'native', 'wasm'] as const;
type Choice = (typeof CHOICES)[number];

let chosen: Promise<Runtime> | undefined;
let webAssembly: Promise<Runtime> | undefined;

/**
 * The runtime of this process. LIPWIRE_ONNX (auto, native, wasm) overrides the choice.
 * @throws E_NATIVE with the reasons and what to do, when none loads; E_INPUT for another LIPWIRE_ONNX
 */
export function loadRuntime(): Promise<Runtime> {
  chosen ??= chooseRuntime(process.env['LIPWIRE_ONNX'], libc(), {
    ...LOADERS,
    wasm: webAssemblyRuntime,
  }).catch((error: unknown) => {
    chosen = undefined;
    throw error;
  });
  return chosen;
}

/** onnxruntime-web, whatever LIPWIRE_ONNX says. @throws E_NATIVE */
function webAssemblyRuntime(): Promise<Runtime> {
  webAssembly ??= LOADERS.wasm().catch((error: unknown) => {
    webAssembly = undefined;
    throw error;
  });
  return webAssembly;
}

/** The runtime that has a device. @throws as {@link loadRuntime} */
export function runtimeOf(device: string): Promise<Runtime> {
  return device === 'wasm' ? webAssemblyRuntime() : loadRuntime();
}

/** @param setting value of LIPWIRE_ONNX @throws as {@link loadRuntime} */
export async function chooseRuntime(
  setting: string | undefined,
  library: ReturnType<typeof libc>,
  load: Loaders,
): Promise<Runtime> {
  switch (choiceIn(setting)) {
    case 'native':
      return load.native();
    case 'wasm':
      return { ...(await load.wasm()), reason: 'LIPWIRE_ONNX asks for WebAssembly' };
    case 'auto':
      return nativeOrWasm(library, load);
  }
}

async function nativeOrWasm(library: ReturnType<typeof libc>, load: Loaders): Promise<Runtime> {
  const failure = await nativeFailure(library, load);
  if (!(failure instanceof LipwireError)) return failure;
  const why = String(failure.details?.['reason'] ?? failure.message);
  try {
    const reason = `onnxruntime-node does not load here (${why}), so onnxruntime-web computes`;
    return { ...(await load.wasm()), reason };
  } catch (other) {
    const error = other as LipwireError;
    throw error.code === 'E_NATIVE' ? neither(why, error) : error;
  }
}

/** The native runtime, or why there is none. */
async function nativeFailure(
  library: ReturnType<typeof libc>,
  load: Loaders,
): Promise<Runtime | LipwireError> {
  // With gcompat, which imitates glibc, it may load and then crash the process.
  if (library === 'musl') return failed('onnxruntime-node', 'it needs glibc, and this is musl');
  return load.native().catch((error: unknown) => error as LipwireError);
}

function neither(native: string, { details, message }: LipwireError): LipwireError {
  const web = String(details?.['reason'] ?? message);
  return new LipwireError(
    'E_NATIVE',
    `Expected onnxruntime-node or onnxruntime-web to load on ${process.platform}-${process.arch} ` +
      `but neither does (${native}; ${web}); run "npm install onnxruntime-web" in the folder where ` +
      'Lipwire is installed.',
    { details: { native, web } },
  );
}

/** @throws E_INPUT */
function choiceIn(setting: string | undefined): Choice {
  const choice = CHOICES.find((name) => name === (setting || 'auto'));
  if (choice) return choice;
  throw inputError('LIPWIRE_ONNX', `one of ${CHOICES.join(', ')}`, setting);
}

function failed(library: string, reason: string): LipwireError {
  return new LipwireError('E_NATIVE', `Expected ${library} to load but ${reason}.`, {
    details: { reason },
  });
}

/** The device name of a runtime's CPU, as in reports. */
export function cpuOf(kind: RuntimeKind): 'cpu' | 'wasm' {
  return kind === 'wasm' ? 'wasm' : 'cpu';
}

export type RuntimeKind = 'native' | 'wasm';

export interface Runtime {
  readonly kind: RuntimeKind;
  /** `onnxruntime-node` or `onnxruntime-web`. */
  readonly library: string;
  readonly InferenceSession: typeof InferenceSession;
  readonly Tensor: typeof Tensor;
  /** Execution providers in this build. */
  readonly providers: readonly string[];
  /** Threads shared by all networks; undefined where each has its own. */
  readonly threads?: number;
  /** Why it is not onnxruntime-node. */
  readonly reason?: string;
}

/** onnxruntime-node. */
export async function loadNative(): Promise<Runtime> {
  // Since 1.30 it sends telemetry, and leaves .ses and mat-debug-*.log files in the temporary folder,
  // unless disabled before it loads.
  process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
  const library = await import('onnxruntime-node');
  // Its warnings would fill Node-RED's log; errors come as exceptions.
  library.env.logLevel = 'error';
  const { InferenceSession, Tensor } = library;
  const providers = library.listSupportedBackends().map(({ name }) => name);
  return { kind: 'native', library: 'onnxruntime-node', InferenceSession, Tensor, providers };
}

/**
 * Turns a failed import into a sentence.
 * @throws E_NATIVE; `details.reason` is the library's own first line
 */
export async function importLibrary(load: () => Promise<Runtime>, name: string): Promise<Runtime> {
  try {
    return await load();
  } catch (cause) {
    // An invalid setting, not a failed import.
    if (cause instanceof LipwireError) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    const reason = message.trim().split('\n')[0];
    throw new LipwireError(
      'E_NATIVE',
      `Expected ${name} to load on ${process.platform}-${process.arch} but it did not (${reason}); ` +
        `${remedy(name)}.`,
      { cause, details: { reason } },
    );
  }
}

function remedy(name: string): string {
  if (name === 'onnxruntime-node' && libc() === 'musl') {
    return 'it needs glibc, so leave LIPWIRE_ONNX unset, for WebAssembly';
  }
  return `run "npm install ${name}" in the folder where Lipwire is installed`;
}

/**
 * The last bits of sums depend on the number of threads: a fixed number gives the same frames on every
 * machine. Two leave cores for FFmpeg.
 */
const THREADS = 2;
const MOST_THREADS = 64;

/**
 * onnxruntime-web. Its threads are worker threads of this process, shared by all networks;
 * LIPWIRE_ONNX_THREADS sets how many.
 * @throws E_INPUT for an invalid LIPWIRE_ONNX_THREADS
 */
export async function loadWasm(): Promise<Runtime> {
  const threads = threadsIn(process.env['LIPWIRE_ONNX_THREADS']);
  const { env, InferenceSession, Tensor } = await import('onnxruntime-web');
  env.logLevel = 'error';
  env.wasm.numThreads = threads;
  // It initialises with the first network: fail now rather than then.
  const session = await InferenceSession.create(passThrough(), { executionProviders: ['wasm'] });
  await session.release();
  const library = 'onnxruntime-web';
  // Becomes 1 without shared memory.
  const running = env.wasm.numThreads ?? 1;
  return { kind: 'wasm', library, InferenceSession, Tensor, providers: ['wasm'], threads: running };
}

/** The setting, or else {@link THREADS}. @throws E_INPUT */
export function threadsIn(setting: string | undefined): number {
  if (!setting) return THREADS;
  const threads = Number(setting);
  if (Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS) return threads;
  throw inputError('LIPWIRE_ONNX_THREADS', `a whole number from 1 to ${MOST_THREADS}`, setting);
}

/** The C library of this Linux; undefined elsewhere. Our own, in place of detect-libc: six dependencies. */
export function libc(): 'glibc' | 'musl' | undefined {
  return libcOf(process.platform, () => {
    // Listing network interfaces takes seconds on some machines.
    const report = process.report as { excludeNetwork?: boolean; getReport(): unknown };
    const before = report.excludeNetwork;
    report.excludeNetwork = true;
    try {
      return report.getReport();
    } finally {
      report.excludeNetwork = before;
    }
  });
}

/** {@link libc} by Node.js' diagnostic report. */
export function libcOf(platform: string, report: () => unknown): 'glibc' | 'musl' | undefined {
  if (platform !== 'linux') return undefined;
  const { header } = report() as { header?: { glibcVersionRuntime?: string } };
  return header?.glibcVersionRuntime ? 'glibc' : 'musl';
}

/** A network of one Identity node, to test a runtime or device. */
export function passThrough(): Buffer {
  const [x, y] = ['x', 'y'].map((name) => ({ name, shape: [1] }));
  const nodes = [{ operator: 'Identity', inputs: ['x'], outputs: ['y'] }];
  return writeModel({ name: 'nothing', inputs: [x], outputs: [y], constants: [], nodes });
}
