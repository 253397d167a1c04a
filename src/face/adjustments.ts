/** The settings of face-detect as the crafts take them. */
import type { Box } from './box';
import type { VideoAdjustments } from '../av/ffmpeg/frames';
import { inputError, numbersOf } from '../contract';
import type { FaceDetectParameters } from './stage';

type Parameters = FaceDetectParameters;

/** What is done to a video's frames; only what changes them. */
export function adjustmentsOf({ resizeFactor, rotate, crop }: Parameters): VideoAdjustments {
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
 * The face's box as x1, y1, x2, y2, from top, bottom, left and right as the original has it.
 * @throws E_INPUT for one of no size, or outside the picture
 */
export function boxOf(
  { box }: Parameters,
  { width, height }: { width: number; height: number },
): Box | undefined {
  const edges = numbersOf(box);
  if (!edges) return undefined;
  const [top, bottom, left, right] = edges as [number, number, number, number];
  if (top < bottom && left < right && bottom <= height && right <= width) {
    return [left, top, right, bottom];
  }
  throw inputError('box', `top, bottom, left and right within ${width}×${height} pixels`, box);
}

/** @throws E_INPUT for a region of no size */
export function regionOf({ select, region }: Parameters): Box | undefined {
  if (select !== 'region') return undefined;
  const corners = numbersOf(region) as Box | undefined;
  if (corners && corners[0] < corners[2] && corners[1] < corners[3]) return corners;
  throw inputError('region', 'x1, y1, x2 and y2 with x1 < x2 and y1 < y2', region || undefined);
}
