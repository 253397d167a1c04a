import { availableParallelism } from 'node:os';
import { INPUT_LIMITS, LIMITS, type InputLimits } from '../contract';
import { PUBLIC_WEB } from '../net/rules';
import type { StudioOptions } from './types';
import { defaultWorkspace, modelsFolder } from './workspace';
import { ModelStore } from '../ml/store/store';

/** Options with everything filled in. */
export type StudioSettings = Required<Omit<StudioOptions, 'log' | 'limits'>> &
  Pick<StudioOptions, 'log'> & { limits: InputLimits };

const GIB = 1024 ** 3;

/** Fills in defaults. Numbers that make no sense count as not given. */
export function studioSettings(options: StudioOptions): StudioSettings {
  return {
    workspace: options.workspace || process.env['LIPWIRE_WORKSPACE'] || '',
    maxBytes: positive(options.maxBytes) ?? 5 * GIB,
    maxAgeHours: positive(options.maxAgeHours) ?? 7 * 24,
    models: options.models ?? '',
    ffmpeg: options.ffmpeg ?? '',
    device: options.device || 'auto',
    jobs: Math.ceil(positive(options.jobs) ?? (availableParallelism() >= 2 ? 2 : 1)),
    queueLimit: positive(options.queueLimit) ?? LIMITS.waiting,
    timeLimit: Math.max(0, options.timeLimit ?? 1),
    limits: {
      seconds: positive(options.limits?.seconds) ?? INPUT_LIMITS.seconds,
      pixels: positive(options.limits?.pixels) ?? INPUT_LIMITS.pixels,
      bytes: positive(options.limits?.bytes) ?? INPUT_LIMITS.bytes,
    },
    acceptWeb: options.acceptWeb ?? false,
    webRules: options.webRules ?? PUBLIC_WEB,
    acceptNonCommercial: options.acceptNonCommercial ?? false,
    idleSeconds: positive(options.idleSeconds) ?? 60,
    stagesModule: options.stagesModule ?? '',
    ...(options.log && { log: options.log }),
  };
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined;
}

/** The store of the models that a studio with these settings works with. Makes no workspace. */
export async function openModels(
  settings: Partial<Pick<StudioSettings, 'models' | 'workspace'>>,
): Promise<ModelStore> {
  const workspace = settings.workspace || process.env['LIPWIRE_WORKSPACE'] || defaultWorkspace();
  return new ModelStore({ folder: await modelsFolder(settings.models ?? '', workspace) });
}
