/** Pictures with drawn faces at known places, for the tests of finding. */
import sharp from 'sharp';
import type { Picture } from '../../src/face';
import { portraitSvg } from '../support/portrait';

/** The drawing's own units: 400 × 400, the face about 250 high around (200, 210). */
const UNITS = 400;
export const FACE = { x: 200, y: 210, size: 250 } as const;

export interface Placed {
  /** Where the middle of the face lies. */
  x: number;
  y: number;
  /** Height of the face in pixels. */
  size: number;
  /** Degrees, clockwise. */
  roll?: number;
}

/** A plain canvas with faces; each brings the square of its drawing with it. */
export async function pictureWith(
  width: number,
  height: number,
  faces: readonly Placed[],
): Promise<Picture> {
  const background = '#9db4c0';
  const layers = await Promise.all(faces.map((face) => layer(face, background)));
  // Drawings may reach over the border, which sharp takes only for layers that fit the canvas.
  const margin = Math.max(0, ...faces.map(({ size }) => size)) * 2;
  const [outerWidth, outerHeight] = [width + 2 * margin, height + 2 * margin];
  const create = { width: outerWidth, height: outerHeight, channels: 3 as const, background };
  const canvas = await sharp({ create, limitInputPixels: false })
    .composite(
      layers.map(({ input, left, top }) => ({ input, left: left + margin, top: top + margin })),
    )
    .removeAlpha()
    .raw()
    .toBuffer();
  const raw = { width: outerWidth, height: outerHeight, channels: 3 as const };
  const data = await sharp(canvas, { raw, limitInputPixels: false })
    .extract({ left: margin, top: margin, width, height })
    .toBuffer();
  return { width, height, data };
}

/** Where a point of the drawing lies in the picture. */
export function placeOf({ x, y, size, roll = 0 }: Placed, [ux, uy]: readonly [number, number]) {
  const scale = size / FACE.size;
  const angle = (roll * Math.PI) / 180;
  const [dx, dy] = [(ux - FACE.x) * scale, (uy - FACE.y) * scale];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [x + dx * cos - dy * sin, y + dx * sin + dy * cos] as const;
}

async function layer(face: Placed, background: string) {
  const side = Math.round((UNITS * face.size) / FACE.size);
  const drawing = await sharp(Buffer.from(portraitSvg({ background })), { density: 144 })
    .resize(side, side)
    .rotate(face.roll ?? 0, { background })
    .png()
    .toBuffer({ resolveWithObject: true });
  const [middleX, middleY] = placeOf(face, [UNITS / 2, UNITS / 2]);
  return {
    input: drawing.data,
    left: Math.round(middleX - drawing.info.width / 2),
    top: Math.round(middleY - drawing.info.height / 2),
  };
}
