/** The settings of a studio node, and the studio's options from them. */
import type { NodeDef } from 'node-red';
import {
  HIGHEST_INPUT_LIMITS,
  LIMITS,
  objectSource,
  resolveParameters,
  serverAddress,
  type ParameterTable,
  type ServerName,
  type ValuesOf,
} from '../../src/contract';
import type { StudioOptions } from '../../src/runtime/types';
import { absolutePath } from '../shared/files';
import type { JournalMode } from '../shared/journal';

/** A setting of a server that voices may come from. */
function server<Icon extends string>(icon: Icon) {
  const section = 'servers';
  return { type: 'text', default: '', maxLength: 500, section, fixed: true, icon } as const;
}

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
  openaiAddress: server('fa-server'),
  openaiKey: { ...server('fa-key'), secret: true },
  openaiModel: server('fa-cube'),
  openaiVoice: server('fa-user'),
  wyomingAddress: server('fa-server'),
  wyomingVoice: server('fa-user'),
  coquiAddress: server('fa-server'),
  coquiVoice: server('fa-user'),
  elevenlabsKey: { ...server('fa-key'), secret: true },
  elevenlabsVoice: server('fa-user'),
} as const satisfies ParameterTable;

const GIBIBYTE = 1024 ** 3;

/**
 * The options of a studio from its node's settings. Relative paths start at the user directory.
 * @param credentials the secrets among them, which Node-RED keeps apart from the flow
 * @throws E_INPUT naming the setting that is wrong
 */
export function studioOptions(
  config: NodeDef,
  userFolder: string,
  credentials: object = {},
): StudioOptions {
  const values = resolveParameters(STUDIO, [
    objectSource('the studio credential ', credentials),
    objectSource('the studio setting ', withoutSecrets(config)),
  ]);
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
    servers: serversIn(values),
  };
}

/** The secrets of a studio node: what its type has as credentials. */
export const SECRETS = Object.fromEntries(
  Object.entries(STUDIO as ParameterTable).flatMap(([name, { secret }]) =>
    secret ? [[name, { type: 'password' as const }]] : [],
  ),
);

/** A key that somebody wrote into a flow by hand does not count: it would be exported. */
function withoutSecrets(config: NodeDef): object {
  return Object.fromEntries(Object.entries(config).filter(([name]) => !(name in SECRETS)));
}

/** @throws E_INPUT for what is no address */
function serversIn(values: ValuesOf<typeof STUDIO>): StudioOptions['servers'] {
  const address = (name: ServerName, given: string): string =>
    given.trim() && serverAddress(name, given, `the studio setting ${name}Address`);
  return {
    openai: {
      address: address('openai', values.openaiAddress),
      key: values.openaiKey,
      model: values.openaiModel,
      voice: values.openaiVoice,
    },
    wyoming: {
      address: address('wyoming', values.wyomingAddress),
      voice: values.wyomingVoice,
    },
    coqui: { address: address('coqui', values.coquiAddress), voice: values.coquiVoice },
    elevenlabs: { key: values.elevenlabsKey, voice: values.elevenlabsVoice },
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
