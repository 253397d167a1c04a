/** The input of each stage from what a message holds (docs/design.md section 4). */
import { isUtf8 } from 'node:buffer';
import {
  inputError,
  validateClip,
  validateSpeech,
  validateText,
  validateVideo,
  type ClipPayload,
  type SpeechPayload,
  type TextPayload,
  type VideoPayload,
  type MediaFile,
  type SoundFile,
  objectSource,
  type ParameterSource,
} from '../../src/contract';
import { takeCues } from '../../src/phonetics/foreign-cues';
import type { FileTaker } from './files';
import type { NodeMessage } from 'node-red';

const FIELD = 'msg.payload';

/** A text payload, a string, a number, UTF-8 bytes, or an object with a `text`. */
export function takeText(value: unknown, field = FIELD): TextPayload {
  const text = textOf(value);
  if (text === undefined) throw inputError(field, 'a string or an object with a text', value);
  const payload = validateText(text, field);
  if (payload.text.trim() === '') {
    throw inputError(field, 'a text with something to say', payload.text);
  }
  return payload;
}

function textOf(value: unknown): unknown {
  if (typeof value === 'string' || typeof value === 'bigint' || Number.isFinite(value)) {
    return { kind: 'text', text: `${value as string | number | bigint}` };
  }
  if (Buffer.isBuffer(value)) {
    return isUtf8(value) ? { kind: 'text', text: value.toString('utf8') } : undefined;
  }
  if (!isObject(value)) return undefined;
  return 'text' in value && !('kind' in value) ? { ...value, kind: 'text' } : value;
}

/**
 * Speech, or a sound file's path, web address or bytes.
 * @param given `msg.cues`: cues that something else made for it, in place of its own
 */
export async function takeSound(
  value: unknown,
  files: FileTaker,
  given?: unknown,
): Promise<SpeechPayload | SoundFile> {
  const cues = given === undefined || given === null ? {} : { cues: takeCues(given) };
  const file = await takeFile(value, files.pathOrWeb, files);
  if (file) return { ...file, ...cues };
  if (!isObject(value)) {
    throw inputError(FIELD, 'speech, the path of a sound file, or a Buffer with one', value);
  }
  const speech = validateSpeech(value);
  return { ...speech, ...cues, file: await files.pathOrWeb(speech.file, `${FIELD}.file`) };
}

/** A video, a clip, a video file's path, or its bytes. */
export async function takeVideo(
  value: unknown,
  files: FileTaker,
): Promise<VideoPayload | ClipPayload | MediaFile> {
  const file = await takeFile(value, files.path, files);
  if (file) return file;
  if (!isObject(value)) {
    throw inputError(FIELD, 'a video, a clip, or the path of a video file', value);
  }
  const payload = value['kind'] === 'clip' ? validateClip(value) : validateVideo(value);
  return { ...payload, file: await files.path(payload.file, `${FIELD}.file`) };
}

/** One clip or a list of them, as a list; the stage checks the files. */
export function takeClips(value: unknown): ClipPayload[] {
  if (!Array.isArray(value)) return [validateClip(value)];
  if (value.length === 0) throw inputError(FIELD, 'a clip or an array of clips', value);
  // Not `map`, which skips holes.
  return Array.from(value, (clip, index) => validateClip(clip, `${FIELD}[${index}]`));
}

/** A portrait: the path or web address of a picture or a video, or its bytes. */
export async function takePortrait(
  value: unknown,
  field: string,
  files: FileTaker,
): Promise<MediaFile> {
  const file = await takeFile(value, files.pathOrWeb, files, field);
  if (file) return file;
  throw inputError(field, 'the path of a picture or a video, or a Buffer with one', value);
}

async function takeFile(
  value: unknown,
  find: FileTaker['path'],
  files: FileTaker,
  field = FIELD,
): Promise<MediaFile | undefined> {
  if (typeof value === 'string') return { kind: 'file', file: await find(value, field) };
  if (Buffer.isBuffer(value)) return { kind: 'file', file: await files.keep(value, field) };
  if (isObject(value) && value['kind'] === 'file' && typeof value['file'] === 'string') {
    return { kind: 'file', file: await find(value['file'], `${field}.file`) };
  }
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value)
  );
}

/** These properties of `msg.payload` as a parameter source; none where it is no object. */
export function textSource(msg: NodeMessage, properties: readonly string[]): ParameterSource[] {
  const { payload } = msg;
  if (typeof payload !== 'object' || payload === null) return [];
  const own = Object.entries(payload).filter(([key]) => properties.includes(key));
  return [objectSource('msg.payload.', Object.fromEntries(own))];
}
