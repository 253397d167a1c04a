/** How large a video's frames are: as they are stored, upright, and after what a user does to them. */
import { inputError, type FaceSource } from '../../contract';
import type { ProbedStream } from './types';

/** What a user may do to a video's frames, in this order. */
export type VideoAdjustments = Pick<FaceSource, 'resizeFactor' | 'rotate' | 'crop'>;

export interface Size {
  width: number;
  height: number;
}

/** With square pixels, and turned as the file says. The shorter sides of pixels grow. */
export function uprightSize({
  width,
  height,
  pixelAspect = 1,
  rotation = 0,
}: ProbedStream & Size): Size {
  const stored = {
    width: Math.round(width * Math.max(1, pixelAspect)),
    height: Math.round(height / Math.min(1, pixelAspect)),
  };
  return turned(stored, rotation);
}

export function divided({ width, height }: Size, factor = 1): Size {
  const part = (length: number): number => Math.max(1, Math.floor(length / factor));
  return { width: part(width), height: part(height) };
}

/** Turned by so many degrees, of which only quarters count. */
export function turned({ width, height }: Size, degrees = 0): Size {
  const quarters = Math.abs(Math.round(degrees / 90)) % 2;
  return quarters === 1 ? { width: height, height: width } : { width, height };
}

export function finalSize(upright: Size, { resizeFactor, rotate, crop }: VideoAdjustments): Size {
  const size = turned(divided(upright, resizeFactor), rotate);
  if (!crop) return size;
  const [top, bottom, left, right] = cropEdges(crop, size);
  return { width: right - left, height: bottom - top };
}

/**
 * Bounds within the frame. −1 for `bottom` or `right` is the frame's own edge, as in the reference.
 * @throws E_INPUT where nothing is left
 */
export function cropEdges(
  [top, bottom, left, right]: NonNullable<FaceSource['crop']>,
  { width, height }: Size,
): [number, number, number, number] {
  const end = (value: number, most: number): number =>
    value === -1 ? most : Math.min(value, most);
  const edges = [top, end(bottom, height), left, end(right, width)] as const;
  if (edges[1] - edges[0] >= 1 && edges[3] - edges[2] >= 1 && top >= 0 && left >= 0) {
    return [...edges];
  }
  throw inputError(
    'crop',
    `top, bottom, left and right within the frame of ${width}×${height} pixels`,
    [top, bottom, left, right].join(' '),
  );
}
