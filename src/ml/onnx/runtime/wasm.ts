import { inputError } from '../../../contract';
import { passThrough } from '../pass-through';
import type { Runtime } from './types';

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
