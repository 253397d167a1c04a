/** face-detect: the faces of a portrait, and the landmarks of the one that is meant. */
import type {
  FacePayload,
  ParameterTable,
  PortraitFile,
  StageDefinition,
  ValuesOf,
} from '../contract';
import { faceModelsKey } from './detector-model';

/** Of a video; a picture ignores it. */
const VIDEO = { since: 2, section: 'video' } as const;
const PIXELS = {
  type: 'numbers',
  default: '',
  count: 4,
  max: 100_000,
  since: 2,
  unit: 'px',
} as const;

const parameters = {
  /** `s3fd` is Wav2Lip's own: every frame at full size. It and `yunet` come from the model store. */
  detector: {
    type: 'choice',
    default: 'blazeface',
    of: ['blazeface', 'yunet', 's3fd'],
    icon: 'fa-cogs',
  },
  /**
   * Which of several faces; of a video once a shot. `number` counts from the left, from 1, `region`
   * takes the face in a place, `reference` the one that looks most like a picture.
   */
  select: {
    type: 'choice',
    default: 'largest',
    of: ['largest', 'central', 'score', 'number', 'region', 'reference'],
    icon: 'fa-users',
  },
  faceNumber: {
    type: 'number',
    default: 1,
    min: 1,
    max: 100,
    whole: true,
    icon: 'fa-sort-numeric-asc',
    when: { parameter: 'select', is: ['number'] },
  },
  /** x1 y1 x2 y2 in pixels. */
  region: {
    ...PIXELS,
    min: 0,
    format: 'region',
    icon: 'fa-crop',
    when: { parameter: 'select', is: ['region'] },
  },
  /** Room added around the face's box on every side, as a share of its size. */
  padding: { type: 'number', default: 0, min: 0, max: 2, icon: 'fa-arrows-alt' },
  minScore: { type: 'number', default: 0.5, min: 0.05, max: 1, icon: 'fa-filter' },
  /** `hold` and `interpolate` are for frames of a video; a picture or video without any fails. */
  withoutFace: {
    type: 'choice',
    default: 'interpolate',
    of: ['error', 'pass', 'hold', 'interpolate'],
    icon: 'fa-question-circle',
  },
  /** The longest gap in frames that is filled in; longer ones stay without a face. */
  interpolateFrames: {
    type: 'number',
    default: 10,
    min: 1,
    max: 1000,
    whole: true,
    since: 2,
    unit: 'frames',
    icon: 'fa-exchange',
    when: { parameter: 'withoutFace', is: ['interpolate'] },
  },
  /** top bottom left right of the face in pixels: nothing is detected then. */
  box: { ...PIXELS, min: 0, format: 'pads', icon: 'fa-square-o' },
  /** Videos, in this order, as in Wav2Lip's original; a picture ignores them. */
  resizeFactor: {
    type: 'number',
    default: 1,
    min: 1,
    max: 16,
    whole: true,
    icon: 'fa-compress',
    ...VIDEO,
  },
  /** Degrees, clockwise. */
  rotate: {
    type: 'choice',
    default: '0',
    of: ['0', '90', '180', '270'],
    unit: '°',
    icon: 'fa-repeat',
    ...VIDEO,
  },
  /** top bottom left right in pixels; -1 for bottom or right is the frame's own edge. */
  crop: { ...PIXELS, min: -1, format: 'pads', icon: 'fa-scissors', ...VIDEO },
} as const satisfies ParameterTable;

export type FaceDetectParameters = ValuesOf<typeof parameters>;

const PICTURE = /\.(jpe?g|png|webp|avif|heic|gif|tiff?|svg|bmp)$/i;

export const faceDetect: StageDefinition<PortraitFile, FacePayload, typeof parameters> = {
  name: 'face-detect',
  version: 3,
  parameters,
  // Networks are converted when they are first used.
  timeLimit: { base: 240, each: 30 },
  length: ({ file }) => (PICTURE.test(file) ? 0 : { file, holds: 'video' }),
  files: ({ file, reference }) => (reference ? [file, reference] : [file]),
  cacheKey: faceModelsKey,
};
