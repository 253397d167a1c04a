/** tts: a text becomes speech. */
import {
  SERVER_NAMES,
  type ParameterTable,
  type SpeechPayload,
  type StageDefinition,
  type StageSettings,
  type TextPayload,
  type ValuesOf,
} from '../contract';
import type { TtsEngine } from './engine';
import { TTS_ENGINES } from './engines';

type Engine = (typeof TTS_ENGINES)[number];
type Intersection<Union> = (Union extends unknown ? (one: Union) => void : never) extends (
  all: infer All,
) => void
  ? All
  : never;

/** Engines on servers, which speak by name only, and those that are always here. */
const SERVER_ENGINES = TTS_ENGINES.filter((engine) => isOnServer(engine)).map(({ id }) => id);
const FALLBACKS = TTS_ENGINES.filter((engine) => !isOnServer(engine));

function isOnServer({ id }: { id: string }): boolean {
  return (SERVER_NAMES as readonly string[]).includes(id);
}

const parameters = {
  /** `auto` takes the first engine that is installed and has the voice or language. */
  engine: {
    type: 'choice',
    default: 'auto',
    of: ['auto', ...TTS_ENGINES.map(({ id }) => id)] as ['auto', ...Engine['id'][]],
    icon: 'fa-cogs',
  },
  /** Speaks in its place where a server fails; `none`: the failure is an error. */
  fallback: {
    type: 'choice',
    default: 'none',
    of: ['none', ...FALLBACKS.map(({ id }) => id)] as ['none', ...Engine['id'][]],
    icon: 'fa-life-ring',
    when: { parameter: 'engine', is: SERVER_ENGINES },
  },
  language: { type: 'text', default: '', maxLength: 35, format: 'language', icon: 'fa-language' },
  /** A voice's name or language, for example `en-us` or `ar`; empty: by language. */
  voice: { type: 'text', default: '', maxLength: 100, icon: 'fa-user' },
  ...(Object.assign({}, ...TTS_ENGINES.map((engine) => engine.parameters)) as Intersection<
    Engine['parameters']
  >),
  /** Words a minute. */
  rate: {
    type: 'number',
    default: 160,
    min: 80,
    max: 450,
    whole: true,
    unit: 'words/min',
    icon: 'fa-tachometer',
  },
  /** 0…99; 50 is the voice's own. */
  pitch: { type: 'number', default: 50, min: 0, max: 99, whole: true, icon: 'fa-music' },
  /** Whether emoji are left out, or spoken by their names where the voice knows them. */
  emoji: { type: 'choice', default: 'omit', of: ['omit', 'speak'], icon: 'fa-smile-o' },
  /** Silence before and after the speech in seconds; a text's own `pause` wins over the latter. */
  lead: { type: 'number', default: 0.25, min: 0, max: 10, unit: 's', icon: 'fa-step-backward' },
  pause: { type: 'number', default: 0.35, min: 0, max: 60, unit: 's', icon: 'fa-step-forward' },
} as const satisfies ParameterTable;

export type TtsParameters = ValuesOf<typeof parameters>;

export const tts: StageDefinition<TextPayload, SpeechPayload, typeof parameters> = {
  name: 'tts',
  version: 4,
  parameters,
  // Servers on small machines speak several times slower than in real time.
  timeLimit: { base: 120, each: 300 },
  length: ({ text }) => text.length / 1000,
  files: () => [],
  cacheKey: async ({ engine, fallback, voice }, settings) => ({
    ...(await engineKeys(TTS_ENGINES, engine, voice, settings)),
    ...(fallback !== 'none' && (await engineKeys(TTS_ENGINES, fallback, voice, settings))),
  }),
};

/**
 * What decides the sound besides the text and the parameters: the key of the engine that is set, or
 * of each that `auto` may take, so that installing or upgrading one makes speech anew.
 */
export async function engineKeys(
  engines: readonly TtsEngine[],
  engine: string,
  voice: string,
  settings: StageSettings,
): Promise<Record<string, string>> {
  const asked = engines.filter(({ id, onlyByName }) =>
    engine === 'auto' ? !onlyByName : engine === id,
  );
  return Object.fromEntries(
    await Promise.all(
      asked.map(async (one) => [one.id, await one.cacheKey(voice, settings)] as const),
    ),
  );
}
