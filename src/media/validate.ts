/** Validators of the message contract. Each names the field, what was expected and what came. */
import { inputError } from './errors';
import { LIMITS } from './limits';
import type {
  ClipPayload,
  FacePayload,
  Payload,
  SpeechPayload,
  StreamPayload,
  TextPayload,
  VideoPayload,
} from './messages';

type Check = (value: unknown, field: string) => void;
type Shape = Record<string, Check>;

const text: Check = (value, field) => {
  if (typeof value !== 'string') throw inputError(field, 'a string', value);
};

const filePath: Check = (value, field) => {
  if (typeof value !== 'string' || value === '' || value.includes('\0')) {
    throw inputError(field, 'the path of a file', value);
  }
};

function number(min: number, max: number, expectation: string): Check {
  return (value, field) => {
    if (typeof value !== 'number' || !(value >= min && value <= max)) {
      throw inputError(field, expectation, value);
    }
  };
}

function whole(min: number, expectation: string): Check {
  return (value, field) => {
    if (!Number.isSafeInteger(value) || (value as number) < min) {
      throw inputError(field, expectation, value);
    }
  };
}

function optional(check: Check): Check {
  return (value, field) => {
    if (value !== undefined) check(value, field);
  };
}

function listOf(check: Check, expectation: string): Check {
  return (value, field) => {
    if (!Array.isArray(value)) throw inputError(field, expectation, value);
    value.forEach((item, index) => check(item, `${field}[${index}]`));
  };
}

function object(shape: Shape, expectation: string): Check {
  return (value, field) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw inputError(field, expectation, value);
    }
    for (const [key, check] of Object.entries(shape)) {
      check((value as Record<string, unknown>)[key], `${field}.${key}`);
    }
  };
}

const { claimedDuration } = LIMITS;
const duration = number(0, claimedDuration, `seconds from 0 to ${claimedDuration}`);
const fps = number(1, 120, 'frames a second from 1 to 120');
const frames = whole(1, 'a whole number of frames from 1');
const pixels = whole(1, 'a whole number of pixels from 1');
const evenPixels: Check = (value, field) => {
  if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) % 2 !== 0) {
    throw inputError(field, 'an even number of pixels from 0', value);
  }
};
const backdrop = object(
  { file: filePath, x: evenPixels, y: evenPixels, width: evenPixels, height: evenPixels },
  'a backdrop {file, x, y, width, height}',
);
const span: Shape = { start: duration, end: duration };
const language: Check = (value, field) => {
  text(value, field);
  if (value !== '' && !/^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$/.test(value as string)) {
    throw inputError(field, 'a BCP 47 language tag such as en-GB', value);
  }
};

const cue: Check = (value, field) => {
  object({ value: text, ...span }, 'a cue {type, value, start, end}')(value, field);
  const { type, start, end } = value as { type: unknown; start: number; end: number };
  if (type !== 'phoneme' && type !== 'word') {
    throw inputError(`${field}.type`, '"phoneme" or "word"', type);
  }
  if (end < start) throw inputError(`${field}.end`, `a time not before its start (${start})`, end);
};

const textLength: Check = (value, field) => {
  text(value, field);
  const length = (value as string).length;
  if (length > LIMITS.textLength) {
    throw inputError(field, `at most ${LIMITS.textLength} characters`, length, 'split it');
  }
};

const SHAPES: Record<Payload['kind'], Shape> = {
  text: {
    text: textLength,
    language: optional(language),
    speaker: optional(text),
    voice: optional(text),
    pause: optional(number(0, 60, 'seconds from 0 to 60')),
  },
  speech: {
    file: filePath,
    duration,
    sampleRate: number(LIMITS.sampleRate.min, LIMITS.sampleRate.max, 'Hz from 4000 to 384000'),
    channels: whole(1, 'a whole number of channels from 1'),
    text: optional(text),
    language: optional(language),
    voice: optional(text),
    cues: optional(listOf(cue, 'a list of cues')),
  },
  clip: {
    file: filePath,
    master: optional(filePath),
    backdrop: optional(backdrop),
    duration,
    fps,
    frames,
    width: pixels,
    height: pixels,
    text: optional(text),
  },
  video: {
    file: filePath,
    duration,
    fps,
    frames,
    width: pixels,
    height: pixels,
    chapters: listOf(object({ title: text, ...span }, 'a chapter'), 'a list of chapters'),
    captions: optional(filePath),
  },
  stream: {
    playlist: filePath,
    url: text,
    watchUrl: text,
    duration,
  },
};

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

const coordinates = listOf(
  number(-1e6, 1e6, 'a pixel coordinate'),
  'four pixel coordinates [x1, y1, x2, y2]',
);
const detectedFace: Check = (value, field) => {
  object({ box: coordinates, score: number(0, 1, 'a score from 0 to 1') }, 'a face')(value, field);
  const box = (value as { box: number[] }).box;
  if (box.length !== 4) throw inputError(`${field}.box`, 'four numbers [x1, y1, x2, y2]', box);
};

/** Checks what is in `msg.face`. */
export function validateFace(value: unknown, field = 'msg.face'): FacePayload {
  const hint = 'wire a face-detect node before this one';
  if (typeof value !== 'object' || value === null || (value as FacePayload).kind !== 'face') {
    throw inputError(field, 'what face-detect puts there (kind "face")', value, hint);
  }
  const source = object({ file: filePath, width: pixels, height: pixels }, 'an object');
  object({ source, faces: listOf(detectedFace, 'a list of faces') }, 'a face')(value, field);
  const { selected, faces, track } = value as FacePayload;
  if (!Number.isInteger(selected) || selected < -1 || selected >= faces.length) {
    throw inputError(`${field}.selected`, `a number from -1 to ${faces.length - 1}`, selected);
  }
  optional(filePath)(track, `${field}.track`);
  return value as FacePayload;
}
