import { availableParallelism } from 'node:os';
import {
  INPUT_LIMITS,
  LIMITS,
  SERVER_NAMES,
  serverAddress,
  type InputLimits,
  type Servers,
} from '../contract';
import { PUBLIC_WEB } from '../net/rules';
import type { StudioOptions } from './types';
import { defaultWorkspace, modelsFolder } from './workspace';
import { ModelStore } from '../ml/store/store';

/** Options with everything filled in. */
export type StudioSettings = Required<Omit<StudioOptions, 'log' | 'limits' | 'servers'>> &
  Pick<StudioOptions, 'log'> & { limits: InputLimits; servers: Servers };

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
    servers: serversOf(options.servers),
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

/** Where a service is in the internet, so that its key alone sets it up. */
const PUBLIC: Partial<Record<(typeof SERVER_NAMES)[number], string>> = {
  openai: 'https://api.openai.com/v1',
  elevenlabs: 'https://api.elevenlabs.io',
};

/**
 * The servers that are set up: by the options, else by environment variables. A wrong address stays as
 * it was written, and is an error of whoever asks that server.
 */
export function serversOf(
  options: StudioOptions['servers'] = {},
  environment: NodeJS.ProcessEnv = process.env,
): Servers {
  const found = SERVER_NAMES.flatMap((name) => {
    const given = (part: 'address' | 'key' | 'model' | 'voice'): string =>
      options[name]?.[part]?.trim() ||
      environment[`LIPWIRE_${name}_${part}`.toUpperCase()]?.trim() ||
      '';
    const key = given('key');
    const written = given('address') || (key && PUBLIC[name]) || '';
    if (!written) return [];
    let address = written;
    try {
      address = serverAddress(name, written, `the address of ${name}`);
    } catch {
      // Said when it is asked: a studio is opened whatever its settings are.
    }
    return [[name, { address, key, model: given('model'), voice: given('voice') }] as const];
  });
  return Object.fromEntries(found);
}
