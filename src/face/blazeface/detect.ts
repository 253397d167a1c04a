/**
 * BlazeFace: finds faces in a square view of 256 × 256 pixels.
 * Paper: Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs", 2019.
 */
import type { Network, Tensor } from '../../ml/onnx/session';
import { intersectionOverUnion, type Box } from '../box';
import { placeInPicture, runOn, type Candidate } from '../detector';
import { sampleView, type Pyramid, type View } from '../view';

const SIZE = 256;
/** Grids of anchors: the distance between them in pixels of the input, and how many share a place. */
const GRIDS = [
  { stride: 16, anchors: 2 },
  { stride: 32, anchors: 6 },
] as const;
/** Boxes that overlap more are answers for the same face. */
const MOST_OVERLAP = 0.3;

/** A `Detect` once the network is given. */
export async function detectWithBlazeface(
  network: Network,
  pyramid: Pyramid,
  view: View,
  minScore: number,
): Promise<Candidate[]> {
  const sampling = { size: SIZE, scale: 1 / 127.5, offset: -1, outside: 'black' } as const;
  const outputs = await runOn(network, sampleView(pyramid, view, sampling), [1, SIZE, SIZE, 3]);
  return decode(Object.values(outputs), minScore).map(({ score, numbers }) => {
    const [x, y, width, height, leftX, leftY, rightX, rightY] = numbers;
    const eyes = [
      [leftX, leftY],
      [rightX, rightY],
    ] as const;
    const size = Math.max(width, height);
    return placeInPicture(view, SIZE, { centre: [x, y], eyes, size, score });
  });
}

/** An answer in pixels of the network's input. */
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
    const [scores, boxes] = [1, 16].map((values) =>
      outputs.find(({ shape }) => shape[1] === count && shape[2] === values)!,
    );
    for (let index = 0; index < count; index++) {
      const score = 1 / (1 + Math.exp(-scores.data[index]));
      if (score < minScore) continue;
      const cell = Math.floor(index / anchors);
      const anchor = [((cell % cells) + 0.5) * stride, (Math.floor(cell / cells) + 0.5) * stride];
      const raw = [...boxes.data.subarray(index * 16, index * 16 + 16)];
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
