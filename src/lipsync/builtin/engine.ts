/** The built-in engine: moves the portrait itself, needs no download. */
import type { ParameterTable } from '../../contract';
import { BUILTIN_ONLY, COMMON_PARAMETERS, type LipsyncEngine } from '../engine';

const parameters = {
  /** How far the mouth opens: 1 is natural. */
  intensity: { type: 'number', default: 1, min: 0.2, max: 2, icon: 'fa-arrows-v', ...BUILTIN_ONLY },
  ...COMMON_PARAMETERS,
} as const satisfies ParameterTable;

export const builtin: LipsyncEngine<typeof parameters> = {
  id: 'builtin',
  title: 'the built-in engine',
  parameters,
  accepts: { image: true, video: false },
  models: ['builtin'],
  health: async (model) => (model === 'builtin' ? { usable: true } : undefined),
  cacheKey: async () => ({}),
};
