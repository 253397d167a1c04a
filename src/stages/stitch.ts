import { LipwireError } from '../media';
import type { Stage } from './stage';

export const stitch: Stage<'stitch'> = async () => {
  throw new LipwireError('E_INTERNAL', 'The stitch stage is not written yet.');
};
