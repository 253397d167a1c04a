/** The face as the network sees it, and its answer as a picture: the reference's arithmetic. */
import { inputError } from '../../contract';
import type { PixelBox } from './face-path';

/** 8-bit picture: rows of pixels of `channels` bytes, without gaps. */
export interface BytePicture {
  width: number;
  height: number;
  channels: number;
  data: Uint8Array;
}

/** Order of the colours in a picture. The network itself takes and gives blue, green, red. */
type ColourOrder = 'rgb' | 'bgr';

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

/** Weights have 11 bits. */
const ONE = 2048;

/**
 * Bilinear resizing of 8-bit pictures in fixed point, bit for bit as OpenCV's `resize` with
 * INTER_LINEAR does it (modules/imgproc/src/resize.cpp; compared with OpenCV 4.6, shrinking and
 * growing). There is no filter against aliasing: that is how Wav2Lip's pictures were made in
 * training.
 * @throws E_INPUT when a side is not at least one pixel
 */
export function resizeBilinear(from: BytePicture, width: number, height: number): BytePicture {
  for (const side of [from.width, from.height, width, height]) {
    if (!Number.isInteger(side) || side < 1) {
      throw inputError('the size of a picture', 'whole numbers from 1', side);
    }
  }
  const { channels } = from;
  if (from.width === width && from.height === height) {
    return { width, height, channels, data: from.data.slice(0, width * height * channels) };
  }
  // OpenCV silently takes its area method here, which is exact for 2 × 2 pixels.
  if (from.width === 2 * width && from.height === 2 * height) return halve(from);
  return interpolate(from, width, height);
}

function halve({ width, height, channels, data }: BytePicture): BytePicture {
  const halved = new Uint8Array((width / 2) * (height / 2) * channels);
  const row = width * channels;
  let to = 0;
  for (let y = 0; y < height; y += 2) {
    for (let x = 0; x < width; x += 2) {
      for (let c = 0; c < channels; c++) {
        const at = y * row + x * channels + c;
        const sum = data[at] + data[at + channels] + data[at + row] + data[at + row + channels];
        halved[to++] = (sum + 2) >> 2;
      }
    }
  }
  return { width: width / 2, height: height / 2, channels, data: halved };
}

function interpolate(from: BytePicture, width: number, height: number): BytePicture {
  const { channels } = from;
  const columns = taps(from.width, width, true);
  const rows = taps(from.height, height, false);
  const data = new Uint8Array(width * height * channels);
  const above = new Int32Array(width * channels);
  const below = new Int32Array(width * channels);
  for (let y = 0; y < height; y++) {
    stretch(from, rows.first[y], columns, above);
    stretch(from, rows.second[y], columns, below);
    const b0 = rows.weight0[y];
    const b1 = rows.weight1[y];
    const to = y * above.length;
    for (let i = 0; i < above.length; i++) {
      const sum = ((b0 * (above[i] >> 4)) >> 16) + ((b1 * (below[i] >> 4)) >> 16);
      data[to + i] = (sum + 2) >> 2;
    }
  }
  return { width, height, channels, data };
}

/** One source row, resized to the new width; 11 fractional bits. */
function stretch(from: BytePicture, row: number, columns: Taps, into: Int32Array): void {
  const { channels, data } = from;
  const start = row * from.width * channels;
  for (let x = 0, to = 0; x < columns.first.length; x++) {
    const left = start + columns.first[x] * channels;
    const right = start + columns.second[x] * channels;
    const a0 = columns.weight0[x];
    const a1 = columns.weight1[x];
    for (let c = 0; c < channels; c++) into[to++] = data[left + c] * a0 + data[right + c] * a1;
  }
}

/** The two source places and weights of every target place along one side. */
interface Taps {
  first: Int32Array;
  second: Int32Array;
  weight0: Int32Array;
  weight1: Int32Array;
}

/**
 * @param isFlat beyond the edge the edge has the whole weight, as OpenCV has it along a row. Down a
 * column it splits the weight over the edge twice, which truncates once more.
 */
function taps(source: number, target: number, isFlat: boolean): Taps {
  const made: Taps = {
    first: new Int32Array(target),
    second: new Int32Array(target),
    weight0: new Int32Array(target),
    weight1: new Int32Array(target),
  };
  const scale = source / target;
  for (let d = 0; d < target; d++) {
    const place = Math.fround((d + 0.5) * scale - 0.5);
    let start = Math.floor(place);
    let fraction = Math.fround(place - start);
    if (isFlat && start < 0) [start, fraction] = [0, 0];
    if (isFlat && start >= source - 1) [start, fraction] = [source - 1, 0];
    made.first[d] = Math.max(0, start);
    made.second[d] = Math.min(start + 1, source - 1);
    made.weight0[d] = roundHalfEven(Math.fround(1 - fraction) * ONE);
    made.weight1[d] = roundHalfEven(fraction * ONE);
  }
  return made;
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
