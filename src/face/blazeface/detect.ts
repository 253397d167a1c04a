/**
 * BlazeFace: finds faces in a square view of 256 × 256 pixels.
 * Paper: Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs", 2019.
 */
import type { Network, Tensor } from '../../ml/onnx/session';
import { intersectionOverUnion, type Candidate, type Point } from '../box';
import { type Pyramid, toPicture, type View, sampleView } from '../view';

const SIZE = 256;
const KEYPOINTS = 6;
/** Grids of anchors: the distance between them in pixels of the input, and how many share a place. */
const GRIDS = [
  { stride: 16, anchors: 2 },
  { stride: 32, anchors: 6 },
] as const;

/** The faces in a view with at least that score, the best of those that overlap each other. */
export async function detectInView(
  network: Network,
  pyramid: Pyramid,
  view: View,
  minScore: number,
): Promise<Candidate[]> {
  const [input] = network.inputs;
  const data = sampleView(pyramid, view, {
    size: SIZE,
    scale: 1 / 127.5,
    offset: -1,
    outside: 'black',
  });
  const outputs = await network.run({
    [(input as { name: string }).name]: { data, shape: [1, SIZE, SIZE, 3] },
  });
  return decode(Object.values(outputs), minScore).map((found) => place(found, view));
}

/** A candidate in pixels of the network's input: centre, size and keypoints. */
interface Raw {
  score: number;
  /** x, y, width, height, then x and y of each keypoint */
  numbers: number[];
}

/**
 * The network gives, for each anchor, a logit and 16 offsets in pixels from the anchor: the centre,
 * the size, and six keypoints.
 */
function decode(outputs: readonly Tensor[], minScore: number): Raw[] {
  const found: Raw[] = [];
  for (const { stride, anchors } of GRIDS) {
    const cells = SIZE / stride;
    const count = cells * cells * anchors;
    const scores = outputs.find(({ shape }) => shape[1] === count && shape[2] === 1) as Tensor;
    const boxes = outputs.find(({ shape }) => shape[1] === count && shape[2] === 16) as Tensor;
    for (let index = 0; index < count; index++) {
      const score = 1 / (1 + Math.exp(-scores.data[index]));
      if (score < minScore) continue;
      const cell = Math.floor(index / anchors);
      const anchor = [((cell % cells) + 0.5) * stride, (Math.floor(cell / cells) + 0.5) * stride];
      const raw = [...boxes.data.subarray(index * 16, index * 16 + 16)];
      const isSize = (position: number) => position === 2 || position === 3;
      const numbers = raw.map((number, position) =>
        isSize(position) ? number : number + anchor[position % 2],
      );
      found.push({ score, numbers });
    }
  }
  return blend(found);
}

/**
 * BlazeFace's own answer to overlapping boxes: their mean, weighted by the scores, which is steadier
 * than the best box alone.
 */
function blend(found: Raw[]): Raw[] {
  const rest = [...found].sort((a, b) => b.score - a.score);
  const result: Raw[] = [];
  while (rest.length > 0) {
    const best = rest[0];
    const group = rest.filter((other) => other === best || overlap(best, other) > 0.3);
    const total = group.reduce((sum, { score }) => sum + score, 0);
    const numbers = best.numbers.map(
      (_, position) =>
        group.reduce((sum, raw) => sum + raw.score * raw.numbers[position], 0) / total,
    );
    result.push({ score: best.score, numbers });
    for (const raw of group) rest.splice(rest.indexOf(raw), 1);
  }
  return result;
}

function overlap(a: Raw, b: Raw): number {
  const [ax, ay, aw, ah] = a.numbers as [number, number, number, number];
  const [bx, by, bw, bh] = b.numbers as [number, number, number, number];
  return intersectionOverUnion(
    [ax - aw / 2, ay - ah / 2, ax + aw / 2, ay + ah / 2],
    [bx - bw / 2, by - bh / 2, bx + bw / 2, by + bh / 2],
  );
}

function place({ score, numbers }: Raw, view: View): Candidate {
  const at = (index: number): Point =>
    toPicture(view, numbers[index] / SIZE, numbers[index + 1] / SIZE);
  const [x, y] = at(0);
  const keypoints = Array.from({ length: KEYPOINTS }, (_, index) => at(4 + 2 * index));
  const [left, right] = keypoints as [Point, Point];
  const side = Math.max(numbers[2], numbers[3]);
  return {
    x,
    y,
    size: (side / SIZE) * view.size,
    roll: Math.atan2(right[1] - left[1], right[0] - left[0]),
    score,
    keypoints,
  };
}
