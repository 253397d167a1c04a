/** face-detect: the faces of a portrait, and the landmarks of the selected one. */
import {
  type FacePayload,
  type ParameterTable,
  type PortraitFile,
  type StageDefinition,
  type ValuesOf,
  type StageSettings,
  inputError,
  numbersOf,
} from '../contract';
import { expectLicence } from '../ml/store/manifest';
import { ModelStore } from '../ml/store/store';
import { knownModel } from '../ml/tfjs/packaged';
import type { Box, Size } from './box';
import type { VideoAdjustments } from '../av/ffmpeg/frames';

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
  /** Added to the face's box on every side, as a share of its size. */
  padding: { type: 'number', default: 0, min: 0, max: 2, icon: 'fa-arrows-alt' },
  minScore: { type: 'number', default: 0.5, min: 0.05, max: 1, icon: 'fa-filter' },
  /** `hold` and `interpolate` are for frames of a video; a picture or video without any fails. */
  withoutFace: {
    type: 'choice',
    default: 'interpolate',
    of: ['error', 'pass', 'hold', 'interpolate'],
    icon: 'fa-question-circle',
  },
  /** The longest gap that is filled in. */
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
  /** top bottom left right of the face in pixels, in place of a detector. */
  box: { ...PIXELS, min: 0, format: 'pads', icon: 'fa-square-o' },
  /** Videos are resized, rotated and cropped in this order, as in Wav2Lip's original. */
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
  version: 5,
  parameters,
  // The first run also converts the networks.
  timeLimit: { base: 240, each: 30 },
  length: ({ file }) => (PICTURE.test(file) ? 0 : { file, holds: 'video' }),
  files: ({ file, reference }) => (reference ? [file, reference] : [file]),
  cacheKey: faceModelsKey,
};

/**
 * The detector's file in the model store; undefined for BlazeFace, which comes with Lipwire, and for a
 * box that is set.
 * @throws E_MODEL_MISSING, E_MODEL_INVALID, E_MODEL_LICENCE, E_CANCELLED
 */
export async function detectorModel(
  { detector, box }: FaceDetectParameters,
  { modelsFolder, acceptNonCommercial }: StageSettings,
  signal?: AbortSignal,
): Promise<{ path: string; sha256: string } | undefined> {
  if (detector === 'blazeface' || box !== '') return undefined;
  const model = await new ModelStore({ folder: modelsFolder }).find(detector, { signal });
  expectLicence(model, acceptNonCommercial);
  return { path: model.path, sha256: model.sha256 };
}

/** The cache key's part of the networks: their weights, and the device. */
async function faceModelsKey(
  parameters: FaceDetectParameters,
  settings: StageSettings,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  const model = await detectorModel(parameters, settings, signal);
  const own = [
    'blazeface',
    'facemesh',
    'attention-mesh',
    ...(parameters.select === 'reference' ? ['faceres'] : []),
  ];
  const weights = own.flatMap((id) => knownModel(id).files.map(({ sha256 }) => sha256));
  return { weights, detector: model?.sha256 ?? '', device: settings.device };
}

/**
 * How a video's frames are changed; empty where they are not.
 * @throws E_INPUT for a crop that is not in whole pixels
 */
export function adjustmentsOf({
  resizeFactor,
  rotate,
  crop,
}: FaceDetectParameters): VideoAdjustments {
  const edges = numbersOf(crop) as VideoAdjustments['crop'];
  if (edges?.some((edge) => !Number.isInteger(edge))) {
    throw inputError('crop', 'whole numbers of pixels: top, bottom, left, right', crop);
  }
  return {
    ...(resizeFactor > 1 && { resizeFactor }),
    ...(rotate !== '0' && { rotate: Number(rotate) as 90 | 180 | 270 }),
    ...(edges && { crop: edges }),
  };
}

/**
 * The user's box of the face; in the setting it stands as top, bottom, left, right, as in the original.
 * @throws E_INPUT for one of no size, or outside the picture
 */
export function boxOf({ box }: FaceDetectParameters, { width, height }: Size): Box | undefined {
  const edges = numbersOf(box);
  if (!edges) return undefined;
  const [top, bottom, left, right] = edges;
  if (top < bottom && left < right && bottom <= height && right <= width) {
    return [left, top, right, bottom];
  }
  throw inputError('box', `top, bottom, left and right within ${width}×${height} pixels`, box);
}
