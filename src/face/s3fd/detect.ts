/**
 * S3FD as Wav2Lip's original runs it: at full resolution, and with its mean values. Network: Zhang et
 * al., "S³FD: Single Shot Scale-invariant Face Detector", 2017; decoding and selection as in
 * face_alignment's detector, which Wav2Lip carries.
 */
import type { Network, Tensor } from '../../ml/onnx/session';
import { suppress, type Box } from '../box';
import type { Picture } from '../../av/picture';

/**
 * Subtracted from red, green and blue, although they are the means of blue, green and red: the
 * original converts to RGB and then subtracts them in this order.
 */
export const S3FD_MEANS_AS_THE_ORIGINAL = [104, 117, 123] as const;
/** Levels of the network: strides of 4 to 128 pixels, anchors four times as large. */
const LEVELS = 6;
const VARIANCES = { centre: 0.1, size: 0.2 } as const;
/** Cells below are not decoded. */
const LEAST_CELL_SCORE = 0.05;
const MOST_OVERLAP = 0.3;
const S3FD_LEAST_SCORE = 0.5;

export interface S3fdFace {
  /** x1, y1, x2, y2; may reach over the picture's border. */
  box: Box;
  /** 0…1 */
  score: number;
}

/** All faces of a picture, the highest score first. */
export async function detectWithS3fd(network: Network, picture: Picture): Promise<S3fdFace[]> {
  const shape = [1, 3, picture.height, picture.width];
  const outputs = await network.run({ picture: { data: s3fdInput(picture), shape } });
  const faces = suppressOverlaps(decodeS3fd(outputs));
  return faces.filter(({ score }) => score > S3FD_LEAST_SCORE);
}

/** Planes of red, green and blue, each without its "mean". */
export function s3fdInput({ data, width, height }: Picture): Float32Array {
  const area = width * height;
  const planes = new Float32Array(3 * area);
  S3FD_MEANS_AS_THE_ORIGINAL.forEach((mean, channel) => {
    for (let pixel = 0; pixel < area; pixel++) {
      planes[channel * area + pixel] = data[3 * pixel + channel] - mean;
    }
  });
  return planes;
}

/**
 * Every cell's answer above {@link LEAST_CELL_SCORE}, level by level, row by row.
 * @param outputs `scores1` … `scores6` [1, 2, h, w] before softmax, `boxes1` … `boxes6` [1, 4, h, w]
 */
export function decodeS3fd(outputs: Record<string, Tensor>): S3fdFace[] {
  const faces: S3fdFace[] = [];
  for (let level = 0; level < LEVELS; level++) {
    const stride = 4 * 2 ** level;
    const scores = outputs[`scores${level + 1}`];
    const boxes = outputs[`boxes${level + 1}`];
    const [, , rows, columns] = scores.shape;
    const area = rows * columns;
    for (let cell = 0; cell < area; cell++) {
      const [none, face] = [scores.data[cell], scores.data[area + cell]];
      const score = 1 / (1 + Math.exp(none - face));
      if (!(score > LEAST_CELL_SCORE)) continue;
      const offsets = [0, 1, 2, 3].map((axis) => boxes.data[axis * area + cell]);
      const place = { row: Math.floor(cell / columns), column: cell % columns };
      faces.push({ box: decodeBox(stride, place, offsets as Box), score });
    }
  }
  return faces;
}

/** The box from a cell's four outputs. */
export function decodeBox(
  stride: number,
  { row, column }: { row: number; column: number },
  [dx, dy, dw, dh]: Box,
): Box {
  const anchor = 4 * stride;
  const x = stride / 2 + column * stride + dx * VARIANCES.centre * anchor;
  const y = stride / 2 + row * stride + dy * VARIANCES.centre * anchor;
  const width = anchor * Math.exp(VARIANCES.size * dw);
  const height = anchor * Math.exp(VARIANCES.size * dh);
  const [x1, y1] = [x - width / 2, y - height / 2];
  return [x1, y1, x1 + width, y1 + height];
}

/** Non-maximum suppression in whole pixels (sides are x2 − x1 + 1), the highest score first. */
export function suppressOverlaps(faces: readonly S3fdFace[]): S3fdFace[] {
  return suppress(faces, (kept, face) => overlap(kept.box, face.box) > MOST_OVERLAP);
}

/** The box as the original crops it: truncated, none below 0. */
export function cropBoxOf(box: Box): Box {
  return box.map((value) => Math.trunc(Math.max(0, value))) as Box;
}

function overlap(a: Box, b: Box): number {
  const width = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]) + 1);
  const height = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]) + 1);
  const shared = width * height;
  return shared / (pixelArea(a) + pixelArea(b) - shared);
}

function pixelArea([x1, y1, x2, y2]: Box): number {
  return (x2 - x1 + 1) * (y2 - y1 + 1);
}
