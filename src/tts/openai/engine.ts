/**
 * Servers that speak OpenAI's `/v1/audio/speech`: OpenAI itself, Kokoro-FastAPI, LocalAI, speaches and
 * others. Wire format: OpenAI's API reference, "Create speech".
 */
import type { ParameterTable } from '../../contract';
import type { TtsEngine } from '../engine';
import { isSetUp, serverHealth, serverKey, serverOf } from '../server';

const TITLE = 'the OpenAI-compatible server';

const parameters = {
  /** The model that a server speaks with; empty: that of the studio, or the server's own. */
  speechModel: {
    type: 'text',
    default: '',
    maxLength: 200,
    icon: 'fa-cube',
    when: { parameter: 'engine', is: ['openai', 'elevenlabs'] },
  },
  /** How it is to be said, for models that heed it. */
  instructions: {
    type: 'text',
    default: '',
    maxLength: 2000,
    engine: 'openai',
    icon: 'fa-comment-o',
    when: { parameter: 'engine', is: ['openai'] },
  },
} as const satisfies ParameterTable;

export const openai = {
  id: 'openai',
  title: 'OpenAI-compatible server',
  parameters,
  // Its texts leave this machine.
  onlyByName: true,
  packages: [],
  isSetUp: (settings) => isSetUp('openai', settings),
  async voices(settings) {
    const { listVoices } = await import('./speak.js');
    return listVoices(serverOf('openai', TITLE, settings));
  },
  health: (settings) =>
    serverHealth(async () => {
      const { listVoices } = await import('./speak.js');
      return listVoices(serverOf('openai', TITLE, settings), true);
    }),
  cacheKey: async (_voice, settings) => serverKey('openai', settings),
  async chooseVoice(wish) {
    const { chooseVoice } = await import('./speak.js');
    return chooseVoice(wish, serverOf('openai', TITLE, wish.settings));
  },
  async *speak(request, signal) {
    const { speak } = await import('./speak.js');
    yield* speak(request, serverOf('openai', TITLE, request.settings), signal);
  },
} as const satisfies TtsEngine;
