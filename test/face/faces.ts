/** Pictures with drawn faces at known places, for the tests of finding. */
import sharp from 'sharp';
import type { Picture } from '../../src/av/picture';
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

const BACKGROUND = [157, 180, 192] as const;

/** A plain canvas with faces; each brings the square of its drawing with it. */
export async function pictureWith(
  width: number,
  height: number,
  faces: readonly Placed[],
): Promise<Picture> {
  const row = new Uint8Array(width * 3).map((_, index) => BACKGROUND[index % 3] as number);
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) data.set(row, y * row.length);
  for (const face of faces) blit({ width, height, data }, await draw(face));
  return { width, height, data };
}

interface Layer extends Picture {
  left: number;
  top: number;
}

/** Copies a layer onto the picture; what reaches over the border is left out. */
function blit(picture: Picture, layer: Layer): void {
  const from = Math.max(0, -layer.left);
  const to = Math.min(layer.width, picture.width - layer.left);
  for (let y = 0; y < layer.height; y++) {
    const row = layer.top + y;
    if (row < 0 || row >= picture.height || from >= to) continue;
    const start = y * layer.width;
    const pixels = layer.data.subarray((start + from) * 3, (start + to) * 3);
    picture.data.set(pixels, (row * picture.width + layer.left + from) * 3);
  }
}

/** Where a point of the drawing lies in the picture. */
export function placeOf({ x, y, size, roll = 0 }: Placed, [ux, uy]: readonly [number, number]) {
  const scale = size / FACE.size;
  const angle = (roll * Math.PI) / 180;
  const [dx, dy] = [(ux - FACE.x) * scale, (uy - FACE.y) * scale];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [x + dx * cos - dy * sin, y + dx * sin + dy * cos] as const;
}

async function draw(face: Placed): Promise<Layer> {
  const side = Math.round((UNITS * face.size) / FACE.size);
  const background = `rgb(${BACKGROUND.join(',')})`;
  const { data, info } = await sharp(Buffer.from(portraitSvg({ background })), { density: 144 })
    .resize(side, side)
    .rotate(face.roll ?? 0, { background })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const [middleX, middleY] = placeOf(face, [UNITS / 2, UNITS / 2]);
  const left = Math.round(middleX - info.width / 2);
  const top = Math.round(middleY - info.height / 2);
  return { width: info.width, height: info.height, data, left, top };
}
