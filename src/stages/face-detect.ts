import { LipwireError } from '../media';
import type { Stage } from './stage';

export const faceDetect: Stage<'face-detect'> = async () => {
  throw new LipwireError('E_INTERNAL', 'The face-detect stage is not written yet.');
};
