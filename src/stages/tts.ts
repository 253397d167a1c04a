import { LipwireError } from '../media';
import type { Stage } from './stage';

export const tts: Stage<'tts'> = async () => {
  throw new LipwireError('E_INTERNAL', 'The tts stage is not written yet.');
};
