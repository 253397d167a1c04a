/** Which of several faces is meant. */
import { inputError } from '../media';
import { areaOf, type Box } from './box';

interface Choice {
  select: string;
  /** From 1, counted from the left. */
  faceNumber: number;
}

interface Selectable {
  box: Box;
  score: number;
}

/**
 * @param faces from left to right, at least one
 * @returns an index into `faces`; of equal ones the left
 * @throws E_INPUT when there are fewer faces than the number asked for
 */
export function selectFace(
  faces: readonly Selectable[],
  { select, faceNumber }: Choice,
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
    case 'score':
      return best(faces, ({ score }) => score);
    default:
      return best(faces, ({ box }) => areaOf(box));
  }
}

function best(faces: readonly Selectable[], rate: (face: Selectable) => number): number {
  const rates = faces.map(rate);
  return rates.indexOf(Math.max(...rates));
}
