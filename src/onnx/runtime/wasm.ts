import { availableParallelism } from 'node:os';
import { passThrough } from '../pass-through';
import type { Runtime } from './types';

/** Each thread beyond this adds less than it costs to wake it. */
const MOST_THREADS = 8;

/**
 * onnxruntime-web: ONNX Runtime in WebAssembly. Its threads are worker threads of this process that
 * all networks share; they neither hold up its end nor outlive it.
 */
export async function loadWasm(): Promise<Runtime> {
  const { env, InferenceSession, Tensor } = await import('onnxruntime-web');
  const threads = Math.min(MOST_THREADS, availableParallelism());
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
