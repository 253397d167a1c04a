import { LipwireError } from '../media';
import type { Stage } from './stage';

export const hlsExport: Stage<'hls-export'> = async () => {
  throw new LipwireError('E_INTERNAL', 'The hls-export stage is not written yet.');
};
