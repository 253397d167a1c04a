/** The face as the network sees it, and the network's answer as a picture. */
import { inputError } from '../../contract';
import type { PixelBox } from './boxes';
import { resizeBilinear, type BytePicture } from './resize';

/** Order of the colours in a picture. The network itself takes and gives blue, green, red. */
export type ColourOrder = 'rgb' | 'bgr';

/**
 * Six planes of size × size from 0 to 1 in blue, green, red: first the face with its lower half
 * black, then the same face whole. Both are the same frame at inference.
 * @param face the face, already size × size, three channels
 * @param into where they go, `6·size²` values; a place in a batch
 */
export function faceInput(face: BytePicture, order: ColourOrder, into: Float32Array): void {
  const { width, height, channels, data } = face;
  const plane = width * height;
  if (channels !== 3 || into.length !== 6 * plane) {
    throw inputError('the face', `3 channels and room for ${6 * plane} values`, into.length);
  }
  const masked = plane - Math.floor(height / 2) * width;
  for (let c = 0; c < 3; c++) {
    const source = order === 'bgr' ? c : 2 - c;
    for (let i = 0; i < plane; i++) {
      const value = data[i * 3 + source] / 255;
      into[(3 + c) * plane + i] = value;
      into[c * plane + i] = i < masked ? value : 0;
    }
  }
}

/** What is inside the box, as a picture of its own. The box must lie inside the picture. */
export function crop(picture: BytePicture, [x1, y1, x2, y2]: PixelBox): BytePicture {
  const { width, height, channels, data } = picture;
  if (!(x1 >= 0 && y1 >= 0 && x2 <= width && y2 <= height && x1 < x2 && y1 < y2)) {
    throw inputError(
      'the face box',
      `a box inside ${width} × ${height} pixels`,
      [x1, y1, x2, y2].join(', '),
      'choose other pads or another box',
    );
  }
  const row = (x2 - x1) * channels;
  const cut = new Uint8Array(row * (y2 - y1));
  for (let y = y1; y < y2; y++) {
    const from = (y * width + x1) * channels;
    cut.set(data.subarray(from, from + row), (y - y1) * row);
  }
  return { width: x2 - x1, height: y2 - y1, channels, data: cut };
}

/** The reference's network input: the box, resized, masked and scaled. */
export function boxInput(
  picture: BytePicture,
  box: PixelBox,
  size: number,
  order: ColourOrder,
  into: Float32Array,
): void {
  faceInput(resizeBilinear(crop(picture, box), size, size), order, into);
}

/**
 * The network's three planes (blue, green, red, 0 to 1) as a picture: times 255, truncated, as the
 * reference does; values outside 0…1 are clipped.
 */
export function patchFromOutput(
  planes: Float32Array,
  width: number,
  height: number,
  order: ColourOrder,
): BytePicture {
  const plane = width * height;
  if (planes.length !== 3 * plane) {
    throw inputError('the network output', `${3 * plane} values`, planes.length);
  }
  const data = new Uint8Array(3 * plane);
  for (let c = 0; c < 3; c++) {
    const target = order === 'bgr' ? c : 2 - c;
    for (let i = 0; i < plane; i++) {
      // The product is rounded to single precision first, as arrays of float32 are in the reference.
      const level = Math.fround(planes[c * plane + i] * 255);
      data[i * 3 + target] = Math.min(255, Math.max(0, Math.trunc(level)));
    }
  }
  return { width, height, channels: 3, data };
}

/** Puts the patch, resized to the box, hard into the picture: the reference's paste. In place. */
export function pastePatch(picture: BytePicture, patch: BytePicture, box: PixelBox): void {
  const [x1, y1, x2, y2] = box;
  const { width, channels } = picture;
  const fitted = resizeBilinear(patch, x2 - x1, y2 - y1);
  const row = fitted.width * channels;
  for (let y = 0; y < fitted.height; y++) {
    const to = ((y1 + y) * width + x1) * channels;
    picture.data.set(fitted.data.subarray(y * row, (y + 1) * row), to);
  }
}
