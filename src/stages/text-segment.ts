import { LipwireError } from '../media';
import type { Stage } from './stage';

export const textSegment: Stage<'text-segment'> = async () => {
  throw new LipwireError('E_INTERNAL', 'The text-segment stage is not written yet.');
};
