/**
 * The message contract (docs/design.md section 4). Every payload is a plain JSON object that a
 * Function node can build or read. Times are seconds, sizes pixels, loudness LUFS, peaks dBTP.
 */
import type { ClipPayload } from './clip';
import type { SpeechPayload } from './speech';
import type { StreamPayload } from './stream';
import type { TextPayload } from './text';
import type { VideoPayload } from './video';

export * from './text';
export * from './speech';
export * from './loudness';
export * from './clip';
export * from './video';
export * from './stream';
export * from './face';

export type Payload = TextPayload | SpeechPayload | ClipPayload | VideoPayload | StreamPayload;
export type PayloadKind = Payload['kind'];

/** The core's own sequence information, as `split` makes it and `join` reads it. */
export interface MessageParts {
  id: string;
  index: number;
  count?: number;
  type?: string;
  [key: string]: unknown;
}
