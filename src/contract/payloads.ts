/**
 * The message contract (docs/design.md section 4): one schema a kind, from which its type is inferred.
 * Every payload is a plain JSON object that a Function node can build or read. Times are seconds, sizes
 * pixels, loudness LUFS, peaks dBTP. A schema's message is what {@link inputError} says was expected;
 * after `; ` it may say what to do. Fields that no schema names pass through.
 */
import * as v from 'valibot';
import { inputError } from './errors';
import { LIMITS } from './limits';
import { FRAME_RATE_LIMITS } from './timeline';

const text = v.string('a string');
const filePath = v.pipe(
  v.string('the path of a file'),
  v.check((file) => file !== '' && !file.includes('\0'), 'the path of a file'),
);
const anyNumber = v.number('a number');
const fps = between(FRAME_RATE_LIMITS.min, FRAME_RATE_LIMITS.max, 'frames a second from 1 to 120');
const frames = whole('a whole number of frames from 1');
const pixels = whole('a whole number of pixels from 1');
const seconds = between(0, LIMITS.claimedDuration, `seconds from 0 to ${LIMITS.claimedDuration}`);
const coordinate = between(-1e6, 1e6, 'a pixel coordinate');
const box = v.strictTuple(
  [coordinate, coordinate, coordinate, coordinate],
  'four pixel coordinates [x1, y1, x2, y2]',
);
const evenPixels = v.pipe(
  v.number('an even number of pixels from 0'),
  v.check(
    (n) => Number.isSafeInteger(n) && n >= 0 && n % 2 === 0,
    'an even number of pixels from 0',
  ),
);
/** BCP 47, for example `en-GB` or `ar`. */
const language = v.pipe(
  text,
  v.regex(/^([A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*)?$/, 'a BCP 47 language tag such as en-GB'),
);
const framesRange = v.strictTuple([anyNumber, anyNumber], 'the first and the last frame');

function between(min: number, max: number, expected: string) {
  return v.pipe(v.number(expected), v.minValue(min, expected), v.maxValue(max, expected));
}

function whole(expected: string) {
  return v.pipe(v.number(expected), v.safeInteger(expected), v.minValue(1, expected));
}

function list<Item extends v.GenericSchema>(item: Item, expected: string) {
  return v.array(item, expected);
}

function object<Entries extends v.ObjectEntries>(entries: Entries, expected = 'an object') {
  const isObject = (value: unknown) => typeof value === 'object' && !Array.isArray(value);
  return v.pipe(
    v.custom<object>((value) => value !== null && isObject(value), expected),
    v.object(entries, (issue) => {
      // Of a missing field valibot says what was expected of the whole object.
      const entry = entries[issue.path?.at(-1)?.key as string] as { message?: unknown } | undefined;
      return typeof entry?.message === 'string' ? entry.message : expected;
    }),
  );
}

/** What may be left out, or be `null`: that is what JSON makes of NaN, and Function nodes of nothing. */
function maybe<Schema extends v.GenericSchema>(
  schema: Schema,
): v.OptionalSchema<Schema, undefined> {
  return v.nullish(schema) as unknown as v.OptionalSchema<Schema, undefined>;
}

/** The same for what stages always write, and only a payload that is built by hand lacks. */
function written<Schema extends v.GenericSchema>(schema: Schema): Schema {
  return v.nullish(schema) as unknown as Schema;
}

/** A piece of text to be spoken. */
const textSchema = object({
  kind: v.literal('text'),
  text: v.pipe(
    text,
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed || dataset.value.length <= LIMITS.textLength) return;
      const message = `at most ${LIMITS.textLength} characters; split it`;
      addIssue({ message, input: dataset.value.length });
    }),
  ),
  language: v.optional(language),
  /** Who says it; free for flows to use. */
  speaker: v.optional(text),
  /** Voice name; wins over the node's setting. */
  voice: v.optional(text),
  /** Seconds of silence after it. */
  pause: v.optional(between(0, 60, 'seconds from 0 to 60')),
});

/** A sound of speech with its time; `value` is an IPA phoneme, or the word as written. */
const cueSchema = v.pipe(
  object(
    {
      type: v.picklist(['phoneme', 'word'], '"phoneme" or "word"'),
      value: text,
      start: seconds,
      end: seconds,
    },
    'a cue {type, value, start, end}',
  ),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed || dataset.value.end >= dataset.value.start) return;
    const { start, end } = dataset.value;
    addIssue({
      message: `a time not before its start (${start})`,
      input: end,
      path: [{ type: 'object', origin: 'value', input: dataset.value, key: 'end', value: end }],
    });
  }),
);

const decibels = v.nullable(v.number('a number or null'));
const measureEntries = {
  integrated: written(decibels),
  range: written(decibels),
  truePeak: written(decibels),
};
/** One EBU R128 measurement. `null` stands for "too quiet or too short to measure". */
const measureSchema = object(measureEntries, 'a loudness {integrated, range, truePeak}');

/** What was out of the ordinary with a sound, for flows and dialogs. */
const noteSchema = v.variant(
  'type',
  [
    v.object({ type: v.literal('silent') }),
    /** Samples at full scale, in so many places. */
    v.object({ type: v.literal('clipped'), samples: anyNumber, places: anyNumber }),
    /** Values that are not numbers. */
    v.object({ type: v.literal('notNumbers'), values: anyNumber }),
    /** A constant offset, in percent of full scale. */
    v.object({ type: v.literal('offset'), percent: anyNumber }),
    v.object({ type: v.literal('short') }),
    /** Loudness range in LU, before and as asked for. */
    v.object({ type: v.literal('levelled'), before: anyNumber, range: anyNumber }),
    /** How far peaks were limited at most, in dB. */
    v.object({ type: v.literal('limited'), decibels: anyNumber }),
    /** LUFS and dBTP that cannot be had together. */
    v.object({ type: v.literal('outOfReach'), integrated: anyNumber, truePeak: anyNumber }),
  ],
  'a note of loudnorm',
);

/** What loudness normalisation measured and did. The measure describes the result. */
const loudnessSchema = object(
  {
    ...measureEntries,
    target: written(v.pipe(v.number('a number of LUFS'), v.finite('a number of LUFS'))),
    /** Gain in dB, where one gain was applied to the whole. */
    gain: written(anyNumber),
    /** `linear`: one gain; `dynamic`: limited where needed; `none`: left as it was. */
    mode: written(v.picklist(['linear', 'dynamic', 'none'], '"linear", "dynamic" or "none"')),
    before: written(measureSchema),
    /** What was out of the ordinary; and the same in words. */
    notes: maybe(list(noteSchema, 'a list of notes')),
    note: maybe(text),
  },
  'what loudnorm measured',
);

/** Where a result will likely disappoint; see {@link makeNote}. */
const resultNoteSchema = object(
  {
    code: text,
    text,
    values: maybe(v.record(v.string(), v.union([v.string(), v.number()]))),
  },
  'a note {code, text}',
);

/** Speech in a WAV file. */
const speechSchema = object({
  kind: v.literal('speech'),
  file: filePath,
  duration: seconds,
  sampleRate: between(LIMITS.sampleRate.min, LIMITS.sampleRate.max, 'Hz from 4000 to 384000'),
  channels: whole('a whole number of channels from 1'),
  text: v.optional(text),
  language: v.optional(language),
  voice: v.optional(text),
  /** What made the sound, for example `espeak` or `file`. */
  engine: written(text),
  cues: v.optional(list(cueSchema, 'a list of cues')),
  loudness: maybe(loudnessSchema),
  /** What a listener misses, and why another engine speaks than expected. */
  notes: maybe(list(resultNoteSchema, 'a list of notes')),
});

/** The still picture behind the part of a clip that moves. */
const backdropSchema = object(
  {
    /** One picture of the clip's size: bare yuv420p (BT.709, limited range). */
    file: filePath,
    /** Where the moving part lies on it. */
    x: evenPixels,
    y: evenPixels,
    width: evenPixels,
    height: evenPixels,
  },
  'a backdrop {file, x, y, width, height}',
);

/** What ran the lip-sync. */
const clipEngineSchema = object(
  {
    model: written(text),
    device: written(text),
    /** Of Wav2Lip: `fp32`, `fp16` or `int8`. */
    precision: maybe(text),
    /** Why this model, device or precision was taken, where `auto` chose. */
    reason: maybe(text),
  },
  'an engine {model, device}',
);

/** How the rendering went. */
const clipReportSchema = object(
  {
    /** Seconds that the stage took. */
    seconds: written(anyNumber),
    /** Seconds of video a second of work. */
    speed: written(anyNumber),
    /** Frames in which no face was found; they are the video's own. */
    framesWithoutFace: written(anyNumber),
    /** Each such part of the clip; the first hundred. */
    withoutFace: maybe(list(framesRange, 'a list of ranges')),
    /** Mouth openness of the clip, 0…1; of the built-in engine. */
    openness: maybe(object({ mean: anyNumber, max: anyNumber })),
    /** Where the mouth shapes came from. */
    drivenBy: written(v.picklist(['cues', 'sound'], '"cues" or "sound"')),
    /** Shift of the picture against the sound, in seconds. */
    offset: written(anyNumber),
    /** Frames that show the portrait's own mouth because nobody speaks; of Wav2Lip. */
    silentFrames: maybe(anyNumber),
    /** Mean difference of neighbouring pixels where the new mouth ends, and before it was there; of 255. */
    seam: maybe(object({ seam: anyNumber, original: anyNumber })),
    /**
     * dB in which the network agrees with fp32 on the CPU, where it is not that: of int8 on the frames
     * that it was calibrated on. JSON has null for what is equal, which is Infinity.
     */
    psnr: maybe(v.nullable(anyNumber)),
    /** What was out of the ordinary, in sentences. */
    notes: maybe(list(text, 'a list of sentences')),
  },
  'a report',
);

const pictureEntries = { duration: seconds, fps, frames, width: pixels, height: pixels };

/** A rendered segment: picture and sound of one piece of speech. */
const clipSchema = object({
  kind: v.literal('clip'),
  /** MP4 that a browser plays. */
  file: filePath,
  /** The same picture and sound without loss; stitch reads this, so that only it encodes. */
  master: v.optional(filePath),
  /** Where set, the master's frames are only the part that moves, and lie on this picture. */
  backdrop: v.optional(backdropSchema),
  ...pictureEntries,
  text: v.optional(text),
  language: maybe(language),
  loudness: maybe(loudnessSchema),
  engine: written(clipEngineSchema),
  report: written(clipReportSchema),
  notes: maybe(list(resultNoteSchema, 'a list of notes')),
});

const chapterSchema = object({ title: text, start: seconds, end: seconds }, 'a chapter');

/** The finished video. */
const videoSchema = object({
  kind: v.literal('video'),
  /** MP4 with fast start. */
  file: filePath,
  ...pictureEntries,
  chapters: list(chapterSchema, 'a list of chapters'),
  /** WebVTT file. */
  captions: v.optional(filePath),
  /** Of the captions. */
  language: maybe(language),
  loudness: maybe(measureSchema),
  /** What stitching noticed. */
  report: maybe(
    object(
      {
        clips: written(anyNumber),
        /** Cross-fade in frames; 0 is a cut. */
        crossFadeFrames: written(anyNumber),
        /** Seconds of audible speech that lie under a cross-fade. */
        fadedSpeech: written(anyNumber),
        notes: written(list(text, 'a list of sentences')),
      },
      'a report',
    ),
  ),
});

const renditionSchema = object(
  {
    name: text,
    width: pixels,
    height: pixels,
    /** Peak bits a second, as in the master playlist. */
    bandwidth: anyNumber,
    playlist: filePath,
  },
  'a rendition',
);

/** A published HLS stream. */
const streamSchema = object({
  kind: v.literal('stream'),
  /** File of the master playlist. */
  playlist: filePath,
  /** Path of the master playlist under Node-RED's HTTP root. */
  url: text,
  /** Path of the player page. */
  watchUrl: text,
  duration: seconds,
  renditions: written(list(renditionSchema, 'a list of renditions')),
  segments: written(anyNumber),
  /** What is likely to disappoint. */
  notes: maybe(list(resultNoteSchema, 'a list of notes')),
});

/**
 * Where a face comes from. Width and height are those of the upright picture; of a video after
 * `resizeFactor`, `rotate` and `crop`, in this order.
 */
const faceSourceSchema = object({
  file: filePath,
  type: written(v.picklist(['image', 'video'], '"image" or "video"')),
  width: pixels,
  height: pixels,
  /** Of a video: its frames at the constant rate that it is read with, and that rate. */
  fps: maybe(fps),
  frames: maybe(frames),
  /** `fps` exactly. */
  rate: maybe(object({ num: anyNumber, den: anyNumber }, 'a rate {num, den}')),
  /** Degrees, clockwise, after what the file itself says. */
  rotate: maybe(v.picklist([0, 90, 180, 270], '0, 90, 180 or 270 degrees')),
  /** The rows from `top` to before `bottom`, the columns from `left` to before `right`. */
  crop: maybe(
    v.strictTuple([anyNumber, anyNumber, anyNumber, anyNumber], '[top, bottom, left, right]'),
  ),
  /** Width and height are divided by it. */
  resizeFactor: maybe(anyNumber),
});

/** One face found. Coordinates are pixels of the upright source. */
const detectedFaceSchema = object(
  {
    box,
    score: between(0, 1, 'a score from 0 to 1'),
    /** Roll in degrees, clockwise positive. */
    roll: written(anyNumber),
  },
  'a face',
);

/** How the face was followed through a video. */
const faceReportSchema = object({
  /** Shots: one more than cuts. */
  shots: written(anyNumber),
  /** Frames in which the detector looked, as opposed to tracking. */
  detections: written(anyNumber),
  framesWithoutFace: written(
    object({
      /** All frames in which no face was found. */
      count: written(anyNumber),
      /** Of these: filled in between neighbours, or with the last place. The rest has no face. */
      interpolated: written(anyNumber),
      held: written(anyNumber),
      /** Each gap; the first hundred. */
      ranges: written(list(framesRange, 'a list of ranges')),
    }),
  ),
});

/** What face-detect puts into `msg.face`. */
const faceSchema = v.pipe(
  object(
    {
      kind: v.literal('face'),
      source: faceSourceSchema,
      detector: written(text),
      faces: list(detectedFaceSchema, 'a list of faces'),
      /** Index into `faces`; -1 where none was found and the node was told to go on. */
      selected: v.number('the number of a face'),
      /** JSON file with the landmarks of the selected face; see {@link openFaceTrack}. */
      track: v.optional(filePath),
      /** Of a video. */
      report: maybe(faceReportSchema),
      /** What computed, where it was not machine code on the CPU: the device, such as `wasm`, and why. */
      engine: maybe(object({ device: written(text), reason: maybe(text) })),
      notes: maybe(list(resultNoteSchema, 'a list of notes')),
    },
    'a face',
  ),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const { selected, faces } = dataset.value;
    if (Number.isInteger(selected) && selected >= -1 && selected < faces.length) return;
    const message = `a number from -1 to ${faces.length - 1}`;
    const at = { input: dataset.value, key: 'selected', value: selected } as const;
    addIssue({ message, input: selected, path: [{ type: 'object', origin: 'value', ...at }] });
  }),
);

const SCHEMAS = {
  text: textSchema,
  speech: speechSchema,
  clip: clipSchema,
  video: videoSchema,
  stream: streamSchema,
};

export type TextPayload = v.InferOutput<typeof textSchema>;
export type Cue = v.InferOutput<typeof cueSchema>;
export type LoudnessMeasure = v.InferOutput<typeof measureSchema>;
export type LoudnessNote = v.InferOutput<typeof noteSchema>;
export type SpeechLoudness = v.InferOutput<typeof loudnessSchema>;
export type SpeechPayload = v.InferOutput<typeof speechSchema>;
export type ClipBackdrop = v.InferOutput<typeof backdropSchema>;
export type ClipEngine = v.InferOutput<typeof clipEngineSchema>;
export type ClipReport = v.InferOutput<typeof clipReportSchema>;
export type ClipPayload = v.InferOutput<typeof clipSchema>;
export type Chapter = v.InferOutput<typeof chapterSchema>;
export type VideoPayload = v.InferOutput<typeof videoSchema>;
export type Rendition = v.InferOutput<typeof renditionSchema>;
export type StreamPayload = v.InferOutput<typeof streamSchema>;
export type FaceSource = v.InferOutput<typeof faceSourceSchema>;
export type DetectedFace = v.InferOutput<typeof detectedFaceSchema>;
export type FaceReport = v.InferOutput<typeof faceReportSchema>;
export type FacePayload = v.InferOutput<typeof faceSchema>;
export type Payload = TextPayload | SpeechPayload | ClipPayload | VideoPayload | StreamPayload;
export type PayloadKind = keyof typeof SCHEMAS;

/** The core's own sequence information, as `split` makes it and `join` reads it. */
export interface MessageParts {
  id: string;
  index: number;
  count?: number;
  type?: string;
  [key: string]: unknown;
}

const KINDS = Object.keys(SCHEMAS).join(', ');

/**
 * Checks that a value is a payload of the contract.
 * @param field how errors call it
 * @returns the value itself
 * @throws E_INPUT naming the field that is wrong, what was expected and what came
 */
export function validatePayload(value: unknown, field = 'msg.payload'): Payload {
  expect(object({}, `an object whose kind is one of ${KINDS}`), value, field);
  const { kind } = value as { kind?: unknown };
  if (typeof kind !== 'string' || !Object.hasOwn(SCHEMAS, kind)) {
    throw inputError(`${field}.kind`, `one of ${KINDS}`, kind);
  }
  expect(SCHEMAS[kind as PayloadKind], value, field);
  return value as Payload;
}

/** {@link validatePayload} for one kind. */
function validator<Kind extends PayloadKind>(kind: Kind) {
  return (value: unknown, field = 'msg.payload'): Extract<Payload, { kind: Kind }> => {
    if ((value as { kind?: unknown } | null | undefined)?.kind !== kind) {
      throw inputError(field, `an object of kind "${kind}"`, value);
    }
    return validatePayload(value, field) as Extract<Payload, { kind: Kind }>;
  };
}

export const validateText = validator('text');
export const validateSpeech = validator('speech');
export const validateClip = validator('clip');
export const validateVideo = validator('video');
export const validateStream = validator('stream');

/** Checks what is in `msg.face`. @throws E_INPUT */
export function validateFace(value: unknown, field = 'msg.face'): FacePayload {
  if ((value as { kind?: unknown } | null | undefined)?.kind !== 'face') {
    const hint = 'wire a face-detect node before this one';
    throw inputError(field, 'what face-detect puts there (kind "face")', value, hint);
  }
  expect(faceSchema, value, field);
  return value as FacePayload;
}

function expect(schema: v.GenericSchema, value: unknown, field: string): void {
  const { issues } = v.safeParse(schema, value, { abortEarly: true });
  if (!issues) return;
  const [{ path = [], message, input }] = issues;
  const at = path.map(({ key }) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`));
  const [expectation = '', remedy] = message.split('; ');
  throw inputError(field + at.join(''), expectation, input, remedy);
}
