/**
 * Which ONNX Runtime computes: onnxruntime-node where it loads, else onnxruntime-web (WebAssembly).
 * Chosen once a process, when it is first needed, and never in Node-RED's own process. Every network
 * of Lipwire is opened through here.
 */
import { inputError, LipwireError } from '../../contract';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { writeModel } from './writer';

/** How to load either. */
export interface Loaders {
  native(): Promise<Runtime>;
  wasm(): Promise<Runtime>;
}

const LOADERS: Loaders = {
  native: () => importLibrary(loadNative, 'onnxruntime-node'),
  wasm: () => importLibrary(loadWasm, 'onnxruntime-web'),
};

/** Values of LIPWIRE_ONNX. */
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

/** WebAssembly, whatever is chosen. @throws E_NATIVE */
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

/** The choice itself. @param setting as LIPWIRE_ONNX @throws as {@link loadRuntime} */
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
  // With a library that imitates glibc (gcompat) it might load, and then end the process.
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

/** Names of what computes, as reports have them: the device of either runtime's CPU. */
export function cpuOf(kind: RuntimeKind): 'cpu' | 'wasm' {
  return kind === 'wasm' ? 'wasm' : 'cpu';
}

/** Machine code of this platform, or WebAssembly. */
export type RuntimeKind = 'native' | 'wasm';

/** ONNX Runtime as this process has it. */
export interface Runtime {
  readonly kind: RuntimeKind;
  /** `onnxruntime-node` or `onnxruntime-web`. */
  readonly library: string;
  readonly InferenceSession: typeof InferenceSession;
  readonly Tensor: typeof Tensor;
  /** Names of the execution providers that it was built with. */
  readonly providers: readonly string[];
  /** Threads that all its networks share; where each has its own, undefined. */
  readonly threads?: number;
  /** Why it is not the native one. */
  readonly reason?: string;
}

/** onnxruntime-node. */
export async function loadNative(): Promise<Runtime> {
  // From 1.30 on it reports to its makers, and leaves .ses and mat-debug-*.log files in the temporary
  // folder, unless it is told not to before it loads.
  process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
  const library = await import('onnxruntime-node');
  // ONNX Runtime's own warnings would fill Node-RED's log; errors still come, as exceptions.
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
    // A setting that makes no sense is not the library's fault.
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
 * How ONNX Runtime divides a sum depends on the number of threads here, and so do its last bits: with
 * the same number everywhere, every machine makes the same frames. Two leave FFmpeg some cores.
 */
const THREADS = 2;
const MOST_THREADS = 64;

/**
 * onnxruntime-web: ONNX Runtime in WebAssembly. Its threads are worker threads of this process that
 * all networks share; they neither hold up its end nor outlive it. LIPWIRE_ONNX_THREADS sets how many.
 * @throws E_INPUT for another LIPWIRE_ONNX_THREADS than a number
 */
export async function loadWasm(): Promise<Runtime> {
  const threads = threadsIn(process.env['LIPWIRE_ONNX_THREADS']);
  const { env, InferenceSession, Tensor } = await import('onnxruntime-web');
  env.logLevel = 'error';
  env.wasm.numThreads = threads;
  // It starts with the first network: what is wrong with it is to be known now.
  const session = await InferenceSession.create(passThrough(), { executionProviders: ['wasm'] });
  await session.release();
  const library = 'onnxruntime-web';
  // Falls to one where the processor or Node.js has no shared memory.
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

/** The C library of this machine: native libraries are made for one. Undefined where it is no Linux. */
export function libc(): 'glibc' | 'musl' | undefined {
  return libcOf(process.platform, () => {
    // Networks take seconds to name on some machines, and nobody asks for them here.
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

/** The part of {@link libc} that reads Node.js' report on itself. */
export function libcOf(platform: string, report: () => unknown): 'glibc' | 'musl' | undefined {
  if (platform !== 'linux') return undefined;
  const { header } = report() as { header?: { glibcVersionRuntime?: string } };
  return header?.glibcVersionRuntime ? 'glibc' : 'musl';
}

/** A network of one node, which gives what it is given: to try whether anything runs at all. */
export function passThrough(): Buffer {
  const [x, y] = ['x', 'y'].map((name) => ({ name, shape: [1] }));
  const nodes = [{ operator: 'Identity', inputs: ['x'], outputs: ['y'] }];
  return writeModel({ name: 'nothing', inputs: [x], outputs: [y], constants: [], nodes });
}
