import { inputError } from '../../contract';
import { NO_PADS, type Pads } from './boxes';
import type { Scene } from '../actor';

/** Most pixels on a side. */
const MOST = 2000;

/**
 * The pads that are set: four whole numbers, top, bottom, left, right. A box that the user gave has
 * none, as in the reference.
 * @throws E_INPUT
 */
export function padsOf({ face, parameters }: Pick<Scene, 'face' | 'parameters'>): Pads {
  const { pads: text } = parameters;
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
  return face.detector === 'box' ? NO_PADS : { top, bottom, left, right };
}
