/** loudnorm: a sound becomes speech of the wanted loudness. */
import type {
  SoundFile,
  ParameterTable,
  SpeechPayload,
  StageDefinition,
  ValuesOf,
} from '../contract';

/** Targets of the loudness presets: LUFS, dBTP, LU. */
export const LOUDNESS_PRESETS = {
  streaming: { integrated: -16, truePeak: -1.5, range: 11 },
  broadcast: { integrated: -23, truePeak: -1, range: 15 },
  podcast: { integrated: -19, truePeak: -1.5, range: 11 },
} as const;

/** The file beside a normalised speech that holds its {@link LoudnessOverTime} as JSON. */
export const LOUDNESS_FILE = 'loudness.json';

/** Loudness over time in LUFS; null stands for silence. Point i is the window that begins at i × step. */
export interface LoudnessSeries {
  /** Seconds. */
  step: number;
  /** Windows of 0.4 s. */
  momentary: (number | null)[];
  /** Windows of 3 s; empty for shorter sounds. */
  shortTerm: (number | null)[];
}

/** Of what came, and of what was made of it. */
export interface LoudnessOverTime {
  before: LoudnessSeries;
  after: LoudnessSeries;
}

/** Read with the preset `custom`. */
const CUSTOM = { when: { parameter: 'preset', is: ['custom'] } } as const;

const parameters = {
  preset: {
    type: 'choice',
    default: 'streaming',
    of: ['streaming', 'broadcast', 'podcast', 'custom'],
    icon: 'fa-volume-up',
  },
  /** LUFS, dBTP and LU; used by `custom`. */
  integrated: {
    type: 'number',
    default: -16,
    min: -70,
    max: -5,
    unit: 'LUFS',
    icon: 'fa-bullseye',
    ...CUSTOM,
  },
  truePeak: {
    type: 'number',
    default: -1.5,
    min: -9,
    max: 0,
    unit: 'dBTP',
    icon: 'fa-level-up',
    ...CUSTOM,
  },
  range: {
    type: 'number',
    default: 11,
    min: 1,
    max: 50,
    unit: 'LU',
    icon: 'fa-arrows-v',
    ...CUSTOM,
  },
} as const satisfies ParameterTable;

export type LoudnormParameters = ValuesOf<typeof parameters>;

export const loudnorm: StageDefinition<
  SpeechPayload | SoundFile,
  SpeechPayload,
  typeof parameters
> = {
  name: 'loudnorm',
  version: 6,
  parameters,
  timeLimit: { base: 60, each: 2 },
  length: (input) => ('duration' in input ? input.duration : { file: input.file, holds: 'sound' }),
  files: (input) => [input.file],
};
