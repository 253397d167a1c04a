/**
 * BlazeFace for short ranges: finds faces in a square view of 128 × 128 pixels.
 * Paper: Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs", 2019.
 */
import type { Network, Tensor } from '../../ml/onnx/session';
import { intersectionOverUnion, type Box } from '../box';
import { placeInPicture, runOn, type Candidate, type Point } from '../detector';
import { sampleView, type Pyramid, type View } from '../view';

const SIZE = 128;
/** Grids of anchors: the distance between them in pixels of the input, and how many share a place. */
const GRIDS = [
  { stride: 8, anchors: 2 },
  { stride: 16, anchors: 6 },
] as const;
/** Numbers of an answer: see {@link decode}. */
const VALUES = 16;
/**
 * Share of a view. Measured on portraits of every kind, upright and turned: faces of a sixth of the view up
 * to nearly all of it are found with the scores of large ones, smaller ones with lower scores, those of a
 * fourteenth not at all.
 */
export const BLAZEFACE_LEAST_SHARE = 1 / 6;
/** Boxes that overlap more are answers for the same face. */
const MOST_OVERLAP = 0.3;

/** As a {@link Detector}, once the network is given. */
export async function detectWithBlazeface(
  network: Network,
  pyramid: Pyramid,
  view: View,
  minScore: number,
): Promise<Candidate[]> {
  const sampling = { size: SIZE, scale: 1 / 127.5, offset: -1, outside: 'black' } as const;
  const outputs = await runOn(network, sampleView(pyramid, view, sampling), [1, SIZE, SIZE, 3]);
  return decode(outputs, minScore).map(({ score, numbers }) => {
    const point = (index: number): Point => [numbers[2 * index], numbers[2 * index + 1]];
    const [centre, size, leftEye, rightEye, nose, mouth] = [0, 1, 2, 3, 4, 5].map(point);
    const points = { leftEye, rightEye, nose, mouth };
    return placeInPicture(view, SIZE, { centre, points, size: Math.max(...size), score });
  });
}

/** An answer in pixels of the network's input. */
interface Raw {
  score: number;
  /** x, y, width, height, then x and y of each keypoint */
  numbers: number[];
}

/**
 * The network gives, for each anchor of one grid after the other, a logit and 16 offsets in pixels from
 * the anchor: the centre, the size, and six keypoints (eyes, nose, mouth, ears).
 */
function decode(outputs: Record<string, Tensor>, minScore: number): Raw[] {
  const { classificators, regressors } = outputs;
  const found: Raw[] = [];
  let index = 0;
  for (const { stride, anchors } of GRIDS) {
    const cells = SIZE / stride;
    for (const end = index + cells * cells * anchors, start = index; index < end; index++) {
      const score = 1 / (1 + Math.exp(-classificators.data[index]));
      if (score < minScore) continue;
      const cell = Math.floor((index - start) / anchors);
      const anchor = [((cell % cells) + 0.5) * stride, (Math.floor(cell / cells) + 0.5) * stride];
      const raw = [...regressors.data.subarray(index * VALUES, (index + 1) * VALUES)];
      // Width and height do not depend on the anchor.
      const numbers = raw.map((number, i) =>
        i === 2 || i === 3 ? number : number + anchor[i % 2],
      );
      found.push({ score, numbers });
    }
  }
  return blend(found);
}

/**
 * Merges overlapping answers as the paper does: their mean, weighted by the scores, is steadier than
 * the best box alone.
 */
function blend(found: Raw[]): Raw[] {
  const rest = [...found].sort((a, b) => b.score - a.score);
  const result: Raw[] = [];
  while (rest.length > 0) {
    const best = rest[0];
    const group = rest.filter(
      (other) => other === best || intersectionOverUnion(boxOf(best), boxOf(other)) > MOST_OVERLAP,
    );
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

function boxOf({ numbers: [x, y, width, height] }: Raw): Box {
  return [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
}
