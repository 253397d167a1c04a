import type { InferenceSession, Tensor } from 'onnxruntime-node';

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
