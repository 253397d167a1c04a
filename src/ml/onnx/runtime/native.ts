import { LipwireError } from '../../../contract';
import { libc } from './libc';
import type { Runtime } from './types';

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
