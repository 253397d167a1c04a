/**
 * Which ONNX Runtime computes: onnxruntime-node where it loads, else onnxruntime-web (WebAssembly).
 * Chosen once a process, when it is first needed, and never in Node-RED's own process. Every network
 * of Lipwire is opened through here.
 */
import { inputError, LipwireError } from '../../../contract';
import { libc } from './libc';
import { importLibrary, loadNative } from './native';
import type { Runtime, RuntimeKind } from './types';
import { loadWasm } from './wasm';

export { libc } from './libc';
export type { Runtime, RuntimeKind } from './types';

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
