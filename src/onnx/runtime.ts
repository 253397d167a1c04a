/** Loads ONNX Runtime when it is first needed, and never in Node-RED's own process. */
import type * as Ort from 'onnxruntime-node';
import { LipwireError } from '../media';

export type Runtime = typeof Ort;

let loaded: Promise<Runtime> | undefined;

/** @throws E_NATIVE with the reason and what to do, when the native library does not load */
export function loadRuntime(): Promise<Runtime> {
  loaded ??= importRuntime(async () => import('onnxruntime-node')).catch((error: unknown) => {
    loaded = undefined;
    throw error;
  });
  return loaded;
}

/** The part of {@link loadRuntime} that turns a failed import into a sentence. */
export async function importRuntime(load: () => Promise<Runtime>): Promise<Runtime> {
  try {
    const runtime = await load();
    // ONNX Runtime's own warnings would fill Node-RED's log; errors still come, as exceptions.
    runtime.env.logLevel = 'error';
    return runtime;
  } catch (cause) {
    const reason =
      cause instanceof Error ? (cause.message.split('\n')[0] as string) : String(cause);
    throw new LipwireError(
      'E_NATIVE',
      `Expected onnxruntime-node to load on ${process.platform}-${process.arch} but it did not ` +
        `(${reason}); ${remedy()}.`,
      { cause },
    );
  }
}

function remedy(): string {
  if (process.platform === 'linux' && !hasGlibc()) {
    return 'it needs glibc, so use a Debian image of Node-RED instead of the Alpine one';
  }
  return 'run "npm rebuild onnxruntime-node" in the folder where Lipwire is installed';
}

function hasGlibc(): boolean {
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } };
  return Boolean(report?.header?.glibcVersionRuntime);
}
