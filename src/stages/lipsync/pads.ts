import { inputError } from '../../media';
import type { Pads } from '../../lipsync/wav2lip';

/** Most pixels on a side. */
const MOST = 2000;

/** Pads from a text of four whole numbers: top, bottom, left, right. @throws E_INPUT */
export function padsOf(text: string): Pads {
  const numbers = text
    .trim()
    .split(/[\s,]+/)
    .map(Number);
  const isRight = numbers.every((value) => Number.isInteger(value) && Math.abs(value) <= MOST);
  if (numbers.length !== 4 || !isRight) {
    const expected = `four whole numbers (top, bottom, left, right) up to ${MOST}`;
    throw inputError('pads', expected, text, 'for example "0 10 0 0"');
  }
  const [top, bottom, left, right] = numbers as [number, number, number, number];
  return { top, bottom, left, right };
}
