/** tts: a text becomes speech. */
import type {
  ParameterTable,
  SpeechPayload,
  StageDefinition,
  TextPayload,
  ValuesOf,
} from '../contract';

const parameters = {
  engine: { type: 'choice', default: 'espeak', of: ['espeak'] },
  /** A voice's name or language, for example `en-us` or `ar`; empty: by language. */
  voice: { type: 'text', default: '', maxLength: 100 },
  /** eSpeak NG's voice variants: `f1`…`f5`, `m1`…`m8`, `whisper`, `croak`, … */
  variant: { type: 'text', default: '', maxLength: 100 },
  language: { type: 'text', default: '', maxLength: 35 },
  /** Words a minute. */
  rate: { type: 'number', default: 160, min: 80, max: 450, whole: true },
  /** 0…99; 50 is the voice's own. */
  pitch: { type: 'number', default: 50, min: 0, max: 99, whole: true },
  /** Silence before and after the speech in seconds; a text's own `pause` wins over the latter. */
  lead: { type: 'number', default: 0.25, min: 0, max: 10 },
  pause: { type: 'number', default: 0.35, min: 0, max: 60 },
} as const satisfies ParameterTable;

export type TtsParameters = ValuesOf<typeof parameters>;

export const tts: StageDefinition<TextPayload, SpeechPayload, typeof parameters> = {
  name: 'tts',
  version: 1,
  parameters,
  files: () => [],
};
