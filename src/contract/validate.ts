/** Validators of the message contract. Each names the field, what was expected and what came. */
import { object } from './checks';
import { inputError } from './errors';
import type { ClipPayload } from './messages/clip';
import type { Payload } from './messages';
import type { SpeechPayload } from './messages/speech';
import type { StreamPayload } from './messages/stream';
import type { TextPayload } from './messages/text';
import type { VideoPayload } from './messages/video';
import { SHAPES } from './payload-shapes';

export { validateFace } from './validate-face';

const KINDS = Object.keys(SHAPES).join(', ');

/**
 * Checks that a value is a payload of the contract.
 * @param field how errors call it, `msg.payload` by default
 * @throws E_INPUT naming the field that is wrong
 */
export function validatePayload(value: unknown, field = 'msg.payload'): Payload {
  object({}, `an object whose kind is one of ${KINDS}`)(value, field);
  const kind = (value as { kind?: unknown }).kind;
  if (typeof kind !== 'string' || !Object.hasOwn(SHAPES, kind)) {
    throw inputError(`${field}.kind`, `one of ${KINDS}`, kind);
  }
  object(SHAPES[kind as Payload['kind']], 'an object')(value, field);
  return value as Payload;
}

/** {@link validatePayload} for one kind. */
function validateKind<T extends Payload>(kind: T['kind'], value: unknown, field: string): T {
  object({}, `an object of kind "${kind}"`)(value, field);
  if ((value as Payload).kind !== kind) {
    throw inputError(field, `an object of kind "${kind}"`, value);
  }
  return validatePayload(value, field) as T;
}

export function validateText(value: unknown, field = 'msg.payload'): TextPayload {
  return validateKind<TextPayload>('text', value, field);
}

export function validateSpeech(value: unknown, field = 'msg.payload'): SpeechPayload {
  return validateKind<SpeechPayload>('speech', value, field);
}

export function validateClip(value: unknown, field = 'msg.payload'): ClipPayload {
  return validateKind<ClipPayload>('clip', value, field);
}

export function validateVideo(value: unknown, field = 'msg.payload'): VideoPayload {
  return validateKind<VideoPayload>('video', value, field);
}

export function validateStream(value: unknown, field = 'msg.payload'): StreamPayload {
  return validateKind<StreamPayload>('stream', value, field);
}
