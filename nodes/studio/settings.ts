/** The settings of a studio node, and the studio's options from them. */
import type { NodeDef } from 'node-red';
import {
  HIGHEST_INPUT_LIMITS,
  LIMITS,
  objectSource,
  resolveParameters,
  type ParameterTable,
} from '../../src/contract';
import type { StudioOptions } from '../../src/runtime/types';
import { absolutePath } from '../shared/files';
import type { JournalMode } from '../shared/journal';

export const STUDIO = {
  /** Empty: a folder of the system's temporary folder. */
  workspace: { type: 'text', default: '', maxLength: 1000, icon: 'fa-folder-o' },
  /** GiB, and hours. */
  maxSize: { type: 'number', default: 5, min: 0.1, max: 10_000, unit: 'GiB', icon: 'fa-hdd-o' },
  maxAge: { type: 'number', default: 168, min: 1, max: 87_600, unit: 'h', icon: 'fa-calendar' },
  ffmpeg: { type: 'text', default: '', maxLength: 1000, icon: 'fa-film' },
  models: { type: 'text', default: '', maxLength: 1000, icon: 'fa-cubes' },
  device: {
    type: 'choice',
    default: 'auto',
    of: ['auto', 'cpu', 'cuda', 'webgpu', 'directml', 'coreml'],
    icon: 'fa-microchip',
  },
  /** 0: as many as fit this machine. */
  jobs: { type: 'number', default: 0, min: 0, max: 16, whole: true, icon: 'fa-tasks' },
  queueLimit: {
    type: 'number',
    default: LIMITS.waiting,
    min: 1,
    max: 1_000_000,
    whole: true,
    since: 2,
    icon: 'fa-list-ol',
  },
  /** Multiplies the time limits of stages; 0: without limit. */
  timeLimit: { type: 'number', default: 1, min: 0, max: 1000, since: 2, icon: 'fa-hourglass-end' },
  /** The longest sound or video, the largest picture and the largest file; 0: default. */
  maxHours: {
    type: 'number',
    default: 0,
    min: 0,
    max: HIGHEST_INPUT_LIMITS.seconds / 3600,
    unit: 'h',
    icon: 'fa-clock-o',
  },
  maxMegapixels: {
    type: 'number',
    default: 0,
    min: 0,
    max: HIGHEST_INPUT_LIMITS.pixels / 1e6,
    unit: 'MP',
    icon: 'fa-picture-o',
  },
  maxMebibytes: {
    type: 'number',
    default: 0,
    min: 0,
    max: HIGHEST_INPUT_LIMITS.bytes / 2 ** 20,
    unit: 'MiB',
    icon: 'fa-file-o',
  },
  /** Whether unfinished messages are recorded, and resumed after a restart. */
  journal: {
    type: 'choice',
    default: 'off',
    of: ['off', 'keep', 'resume'],
    since: 2,
    icon: 'fa-book',
  },
  acceptWeb: { type: 'flag', default: false, fixed: true },
  acceptNonCommercial: { type: 'flag', default: false, fixed: true },
} as const satisfies ParameterTable;

const GIBIBYTE = 1024 ** 3;

/**
 * The options of a studio from its node's settings. Relative paths start at the user directory.
 * @throws E_INPUT naming the setting that is wrong
 */
export function studioOptions(config: NodeDef, userFolder: string): StudioOptions {
  const values = resolveParameters(STUDIO, [objectSource('the studio setting ', config)]);
  const folder = (name: 'workspace' | 'models'): string =>
    values[name] && absolutePath(values[name], `the studio setting ${name}`, userFolder);
  return {
    workspace: folder('workspace'),
    models: folder('models'),
    ffmpeg: ffmpegPath(values.ffmpeg, userFolder),
    maxBytes: values.maxSize * GIBIBYTE,
    maxAgeHours: values.maxAge,
    device: values.device,
    jobs: values.jobs,
    queueLimit: values.queueLimit,
    timeLimit: values.timeLimit,
    limits: {
      seconds: values.maxHours * 3600,
      pixels: Math.round(values.maxMegapixels * 1e6),
      bytes: Math.round(values.maxMebibytes * 2 ** 20),
    },
    acceptWeb: values.acceptWeb,
    acceptNonCommercial: values.acceptNonCommercial,
  };
}

/** Off for a wrong setting, which {@link studioOptions} reports. */
export function journalMode(config: NodeDef): JournalMode {
  const { journal } = config as { journal?: unknown };
  return journal === 'keep' || journal === 'resume' ? journal : 'off';
}

/** A name without slashes is looked up in PATH. */
function ffmpegPath(value: string, userFolder: string): string {
  if (!/[\\/]/.test(value)) return value;
  return absolutePath(value, 'the studio setting ffmpeg', userFolder);
}
