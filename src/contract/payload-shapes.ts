/** The fields of each kind of payload, as validators check them (docs/design.md section 4). */
import {
  filePath,
  listOf,
  number,
  object,
  optional,
  text,
  whole,
  type Check,
  type Shape,
} from './checks';
import { inputError } from './errors';
import { LIMITS } from './limits';
import type { Payload } from './messages';

const { claimedDuration } = LIMITS;
const duration = number(0, claimedDuration, `seconds from 0 to ${claimedDuration}`);
const fps = number(1, 120, 'frames a second from 1 to 120');
const frames = whole(1, 'a whole number of frames from 1');
export const pixels = whole(1, 'a whole number of pixels from 1');
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

export const SHAPES: Record<Payload['kind'], Shape> = {
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
