/** Which of several faces is meant. */
import { inputError } from '../contract';
import { areaOf, sharedArea, type Box } from './box';

interface Choice {
  select: string;
  /** From 1, counted from the left. */
  faceNumber: number;
  /** x1, y1, x2, y2 in pixels, for `region`. */
  region?: Box;
}

interface Selectable {
  box: Box;
  score: number;
}

/**
 * @param faces from left to right, at least one
 * @returns an index into `faces`; of equal ones the left
 * @throws E_INPUT when there are fewer faces than the number asked for, or no region
 */
export function selectFace(
  faces: readonly Selectable[],
  { select, faceNumber, region }: Choice,
  { width, height }: { width: number; height: number },
): number {
  switch (select) {
    case 'number':
      if (faceNumber <= faces.length) return faceNumber - 1;
      throw inputError(
        'the face number',
        faces.length === 1
          ? '1, as one face was found'
          : `a number from 1 to ${faces.length}, as so many faces were found`,
        faceNumber,
      );
    case 'central':
      return best(faces, ({ box: [x1, y1, x2, y2] }) => {
        return -Math.hypot((x1 + x2 - width) / 2, (y1 + y2 - height) / 2);
      });
    case 'region':
      return inRegion(faces, region);
    case 'score':
      return best(faces, ({ score }) => score);
    default:
      return best(faces, ({ box }) => areaOf(box));
  }
}

/** The face that covers most of the region; where none does, the one that is nearest to it. */
function inRegion(faces: readonly Selectable[], region: Box | undefined): number {
  if (!region) {
    throw inputError('region', 'four numbers [x1, y1, x2, y2] for select "region"', region);
  }
  const most = best(faces, ({ box }) => sharedArea(box, region));
  if (sharedArea(faces[most].box, region) > 0) return most;
  const [x, y] = middleOf(region);
  return best(faces, ({ box }) => {
    const [faceX, faceY] = middleOf(box);
    return -Math.hypot(faceX - x, faceY - y);
  });
}

function middleOf([x1, y1, x2, y2]: Box): [number, number] {
  return [(x1 + x2) / 2, (y1 + y2) / 2];
}

function best(faces: readonly Selectable[], rate: (face: Selectable) => number): number {
  const rates = faces.map(rate);
  return rates.indexOf(Math.max(...rates));
}
