import { LipwireError } from '../media';
import type { Stage } from './stage';

export const wav2lip: Stage<'wav2lip'> = async () => {
  throw new LipwireError('E_INTERNAL', 'The wav2lip stage is not written yet.');
};
