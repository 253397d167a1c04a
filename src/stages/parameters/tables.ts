/** The names, defaults and limits of all parameters. */
import { LIMITS } from '../../media';
import type { ParameterTable } from './types';

/** xfade's transitions in FFmpeg 4.3, plus `cut`. */
export const TRANSITIONS = [
  'cut fade wipeleft wiperight wipeup wipedown slideleft slideright slideup slidedown circlecrop',
  'rectcrop distance fadeblack fadewhite radial smoothleft smoothright smoothup smoothdown',
  'circleopen circleclose vertopen vertclose horzopen horzclose dissolve pixelize diagtl diagtr',
  'diagbl diagbr hlslice hrslice vuslice vdslice',
]
  .join(' ')
  .split(' ') as readonly string[];

export const TEXT_SEGMENT = {
  split: { type: 'choice', default: 'sentence', of: ['sentence', 'line', 'paragraph'] },
  /** Longest segment in characters (graphemes). */
  maxLength: { type: 'number', default: 240, min: 20, max: 5000, whole: true },
  /** Silence after a segment, and after the last one of a paragraph, in seconds. */
  pause: { type: 'number', default: 0.35, min: 0, max: 60 },
  paragraphPause: { type: 'number', default: 0.8, min: 0, max: 60 },
  /** BCP 47; empty: by script, where that tells. */
  language: { type: 'text', default: '', maxLength: 35 },
} as const satisfies ParameterTable;

export const TTS = {
  engine: { type: 'choice', default: 'espeak', of: ['espeak'] },
  /** A voice's name or language, for example `en-us` or `ar`; empty: by language. */
  voice: { type: 'text', default: '', maxLength: 100 },
  /** eSpeak NG's voice variants: `f1`…`f5`, `m1`…`m8`, `whisper`, `croak`, … */
  variant: { type: 'text', default: '', maxLength: 100 },
  language: { type: 'text', default: '', maxLength: 35 },
  /** Words a minute. */
  rate: { type: 'number', default: 160, min: 80, max: 450, whole: true },
  /** 0…99; 50 is the voice's own. */
  pitch: { type: 'number', default: 50, min: 0, max: 99, whole: true },
  /** Silence before and after the speech in seconds; a text's own `pause` wins over the latter. */
  lead: { type: 'number', default: 0.25, min: 0, max: 10 },
  pause: { type: 'number', default: 0.35, min: 0, max: 60 },
} as const satisfies ParameterTable;

export const LOUDNORM = {
  preset: {
    type: 'choice',
    default: 'streaming',
    of: ['streaming', 'broadcast', 'podcast', 'custom'],
  },
  /** LUFS, dBTP and LU; used by `custom`. */
  integrated: { type: 'number', default: -16, min: -70, max: -5 },
  truePeak: { type: 'number', default: -1.5, min: -9, max: 0 },
  range: { type: 'number', default: 11, min: 1, max: 50 },
} as const satisfies ParameterTable;

/** Targets of the loudness presets: LUFS, dBTP, LU. */
export const LOUDNESS_PRESETS = {
  streaming: { integrated: -16, truePeak: -1.5, range: 11 },
  broadcast: { integrated: -23, truePeak: -1, range: 15 },
  podcast: { integrated: -19, truePeak: -1.5, range: 11 },
} as const;

export const FACE_DETECT = {
  /** `s3fd` is Wav2Lip's own: every frame at full size. It and `yunet` come from the model store. */
  detector: { type: 'choice', default: 'blazeface', of: ['blazeface', 'yunet', 's3fd'] },
  /**
   * Which of several faces; of a video once a shot. `number` counts from the left, from 1, `region`
   * takes the face in a place, `reference` the one that looks most like a picture.
   */
  select: {
    type: 'choice',
    default: 'largest',
    of: ['largest', 'central', 'score', 'number', 'region', 'reference'],
  },
  faceNumber: { type: 'number', default: 1, min: 1, max: 100, whole: true },
  /** x1 y1 x2 y2 in pixels. */
  region: { type: 'numbers', default: '', count: 4, min: 0, max: 100_000 },
  /** top bottom left right of the face in pixels: nothing is detected then. */
  box: { type: 'numbers', default: '', count: 4, min: 0, max: 100_000 },
  /** Room added around the face's box on every side, as a share of its size. */
  padding: { type: 'number', default: 0, min: 0, max: 2 },
  minScore: { type: 'number', default: 0.5, min: 0.05, max: 1 },
  /** `hold` and `interpolate` are for frames of a video; a picture or video without any fails. */
  withoutFace: {
    type: 'choice',
    default: 'interpolate',
    of: ['error', 'pass', 'hold', 'interpolate'],
  },
  /** The longest gap in frames that is filled in; longer ones stay without a face. */
  interpolateFrames: { type: 'number', default: 10, min: 1, max: 1000, whole: true },
  /** Videos, in this order, as in Wav2Lip's original; a picture ignores them. */
  resizeFactor: { type: 'number', default: 1, min: 1, max: 16, whole: true },
  /** Degrees, clockwise. */
  rotate: { type: 'choice', default: '0', of: ['0', '90', '180', '270'] },
  /** top bottom left right in pixels; -1 for bottom or right is the frame's own edge. */
  crop: { type: 'numbers', default: '', count: 4, min: -1, max: 100_000 },
} as const satisfies ParameterTable;

export const WAV2LIP = {
  /** `auto` takes the best that is installed and says which. */
  model: {
    type: 'model',
    default: 'auto',
    of: ['auto', 'builtin', 'wav2lip_gan', 'wav2lip', 'wav2lip_256'],
  },
  /** 0: the video's own, or 25 for a picture. */
  fps: { type: 'number', default: 0, min: 0, max: 120 },
  /** How far the mouth opens: 1 is natural. */
  intensity: { type: 'number', default: 1, min: 0.2, max: 2 },
  blinks: { type: 'flag', default: true },
  headMotion: { type: 'flag', default: false },
  /** Seconds by which the mouth is late (positive) or early (negative) against the sound. */
  offset: { type: 'number', default: 0, min: -1, max: 1 },
  /** Wav2Lip: how the mouth is put back. `parity` is the reference's rectangle, bit for bit. */
  blend: { type: 'choice', default: 'soft', of: ['soft', 'parity'] },
  /** Wav2Lip, soft: whether silence shows the portrait's own mouth. */
  silenceGate: { type: 'flag', default: true },
  /** Wav2Lip, parity: pixels around the face's box: top, bottom, left, right. */
  pads: { type: 'text', default: '0 10 0 0', maxLength: 40 },
  /** Wav2Lip, videos: of the face's place. `auto` is zero-lag with soft, reference with parity. */
  smoothing: { type: 'choice', default: 'auto', of: ['auto', 'zero-lag', 'reference', 'none'] },
  /** Wav2Lip, videos: only the first frame is shown. */
  static: { type: 'flag', default: false },
  /** Wav2Lip, videos: what comes when the video ends before the speech. */
  whenShort: {
    type: 'choice',
    default: 'back-and-forth',
    of: ['back-and-forth', 'loop', 'freeze', 'end'],
  },
  /** Wav2Lip: `reference` has its 3 to 9 frames fewer. */
  frameCount: { type: 'choice', default: 'exact', of: ['exact', 'reference'] },
  /** Wav2Lip: `auto` is fp32 on the CPU; on a GPU fp16, where that agrees with it. */
  precision: { type: 'choice', default: 'auto', of: ['auto', 'fp32', 'int8', 'fp16'] },
  /** Wav2Lip: frames that the network computes at once; 0: what suits the device. */
  batch: { type: 'number', default: 0, min: 0, max: 128, whole: true },
} as const satisfies ParameterTable;

export const STITCH = {
  transition: { type: 'choice', default: 'fade', of: TRANSITIONS },
  /** Seconds; 0 is a cut. */
  transitionLength: { type: 'number', default: 0.2, min: 0, max: 5 },
  /** Pixels; 0 takes the largest clip's. Both together stay within 1080p, either way up. */
  width: { type: 'number', default: 0, min: 0, max: LIMITS.renderedLongSide, whole: true },
  height: { type: 'number', default: 0, min: 0, max: LIMITS.renderedLongSide, whole: true },
  fit: { type: 'choice', default: 'contain', of: ['contain', 'cover', 'stretch'] },
  /** 0 takes the first clip's. */
  fps: { type: 'number', default: 0, min: 0, max: 120 },
  quality: { type: 'choice', default: 'high', of: ['draft', 'standard', 'high', 'best'] },
} as const satisfies ParameterTable;

export const HLS_EXPORT = {
  /** Seconds. */
  segmentLength: { type: 'number', default: 4, min: 1, max: 30 },
  /** Heights, highest first; those above the video's own are left out. Empty: by the video's size. */
  renditions: { type: 'text', default: '', maxLength: 100 },
  container: { type: 'choice', default: 'fmp4', of: ['fmp4', 'ts'] },
} as const satisfies ParameterTable;

export const STAGE_PARAMETERS = {
  'text-segment': TEXT_SEGMENT,
  tts: TTS,
  loudnorm: LOUDNORM,
  'face-detect': FACE_DETECT,
  wav2lip: WAV2LIP,
  stitch: STITCH,
  'hls-export': HLS_EXPORT,
} as const;
