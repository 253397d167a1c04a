/** Settings of stitch that are about collecting, not about the video. */
import { objectSource, resolveParameters, type ParameterTable } from '../../src/stages';
import type { Rules } from './collector';

export const COLLECTING = {
  /** Seconds without a new clip after which a text is given up; 0: never. */
  waitLimit: { type: 'number', default: 600, min: 0, max: 86_400 },
  /** When a segment failed: fail the text, leave the segment out, or wait for another clip of it. */
  onFailure: { type: 'choice', default: 'fail', of: ['fail', 'skip', 'wait'] },
} as const satisfies ParameterTable;

/** What holds for a message. @throws E_INPUT naming the property or setting that is wrong */
export function rulesOf(msg: object, config: object): Rules {
  return resolveParameters(COLLECTING, [
    objectSource('msg.', msg),
    objectSource('the setting ', config),
  ]);
}
