import { LipwireError } from '../media';
import type { Stage } from './stage';

export const loudnorm: Stage<'loudnorm'> = async () => {
  throw new LipwireError('E_INTERNAL', 'The loudnorm stage is not written yet.');
};
