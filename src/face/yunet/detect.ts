/**
 * YuNet: finds faces in a canvas of 640 × 640 pixels.
 * Paper: Wu, Peng, Yu, "YuNet: A Tiny Millisecond-level Face Detector", 2023. The decoding follows
 * the network's own heads: one prior in the corner of each cell, no softmax.
 */
import type { Network, Tensor } from '../../ml/onnx/session';
import { centreOf, intersectionOverUnion, longSide, suppress, type Box } from '../box';
import { placeInPicture, runOn, type Candidate, type Point } from '../detector';
import { sampleView, type Pyramid, type View } from '../view';

/** Side of the network's input. */
export const YUNET_SIZE = 640;
const STRIDES = [8, 16, 32] as const;
/** Eyes (that at the picture's left first), nose tip, corners of the mouth. */
const KEYPOINTS = 5;
const MOST_OVERLAP = 0.3;

/** One answer of the network, in pixels of its input. */
export interface YunetFace {
  /** x1, y1, x2, y2 */
  box: Box;
  /** 0…1: class score times objectness. */
  score: number;
  keypoints: Point[];
}

/** Share of a view. */
export const YUNET_LEAST_SHARE = 1 / 12;

/** As a {@link Detector}, once the network is given. */
export async function detectWithYunet(
  network: Network,
  pyramid: Pyramid,
  view: View,
  minScore: number,
): Promise<Candidate[]> {
  const sampling = { size: YUNET_SIZE, scale: 1, offset: 0, outside: 'black' } as const;
  const outputs = await runYunet(network, toPlanes(sampleView(pyramid, view, sampling)));
  const faces = suppress(
    decodeYunet(outputs, minScore),
    (kept, { box }) => intersectionOverUnion(kept.box, box) > MOST_OVERLAP,
  );
  return faces.map(({ box, score, keypoints }) => {
    const [leftEye, rightEye, nose, cornerLeft, cornerRight] = keypoints;
    const mouth: Point = [
      (cornerLeft[0] + cornerRight[0]) / 2,
      (cornerLeft[1] + cornerRight[1]) / 2,
    ];
    const points = { leftEye, rightEye, nose, mouth };
    const found = { centre: centreOf(box), points, size: longSide(box), score };
    return placeInPicture(view, YUNET_SIZE, found);
  });
}

/** @param input [1, 3, 640, 640]: blue, green and red from 0 to 255 */
export function runYunet(network: Network, input: Float32Array): Promise<Record<string, Tensor>> {
  return runOn(network, input, [1, 3, YUNET_SIZE, YUNET_SIZE]);
}

/**
 * Every answer with at least that score, also those that overlap, in the order of the heads.
 * @param outputs `cls_8`, `obj_8`, `bbox_8`, `kps_8`, and so on for 16 and 32
 */
export function decodeYunet(outputs: Record<string, Tensor>, minScore: number): YunetFace[] {
  return STRIDES.flatMap((stride) => {
    const [classes, objects, boxes, points] = ['cls', 'obj', 'bbox', 'kps'].map(
      (name) => outputs[`${name}_${stride}`].data,
    );
    const cells = YUNET_SIZE / stride;
    const faces: YunetFace[] = [];
    for (let cell = 0; cell < cells * cells; cell++) {
      const score = classes[cell] * objects[cell];
      if (score < minScore) continue;
      const [column, row] = [cell % cells, Math.floor(cell / cells)];
      const [dx, dy, dw, dh] = boxes.subarray(4 * cell, 4 * cell + 4);
      const [x, y] = [(column + dx) * stride, (row + dy) * stride];
      const [halfWidth, halfHeight] = [(Math.exp(dw) * stride) / 2, (Math.exp(dh) * stride) / 2];
      const keypoints = Array.from({ length: KEYPOINTS }, (_, point): Point => {
        const at = 2 * (cell * KEYPOINTS + point);
        return [(column + points[at]) * stride, (row + points[at + 1]) * stride];
      });
      const box: Box = [x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight];
      faces.push({ box, score, keypoints });
    }
    return faces;
  });
}

/** Red, green, blue pixel by pixel as planes of blue, green and red. */
function toPlanes(pixels: Float32Array): Float32Array {
  const area = pixels.length / 3;
  const planes = new Float32Array(pixels.length);
  for (let pixel = 0; pixel < area; pixel++) {
    planes[pixel] = pixels[3 * pixel + 2];
    planes[area + pixel] = pixels[3 * pixel + 1];
    planes[2 * area + pixel] = pixels[3 * pixel];
  }
  return planes;
}
