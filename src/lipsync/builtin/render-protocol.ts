/** What passes between the engine's own thread and one that renders. Buffers are handed over, not copied. */
import type { BuiltinEngine, BuiltinOptions } from './builtin';
import type { SerializedError } from '../../contract';

/** What is known of a clip once its frames are made. */
export type BuiltinReport = Pick<BuiltinEngine, 'openness'> & {
  drivenBy: BuiltinEngine['performance']['drivenBy'];
};

export type ToRenderer =
  | { type: 'begin'; job: number; options: BuiltinOptions }
  /** A buffer that may be used again: one more frame is wanted. */
  | { type: 'more'; job: number; buffer: ArrayBuffer }
  | { type: 'stop'; job: number };

export type FromRenderer =
  | { type: 'begun'; job: number; region: BuiltinEngine['region'] }
  | { type: 'frame'; job: number; buffer: ArrayBuffer }
  | { type: 'done'; job: number; report: BuiltinReport }
  | { type: 'failed'; job: number; error: SerializedError };

/** Frames of one clip that may be on their way: enough that neither side waits for the other. */
export const FRAMES_AHEAD = 6;
