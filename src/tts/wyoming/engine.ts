/** Wyoming servers, such as Piper in Home Assistant. */
import type { ParameterTable } from '../../contract';
import type { TtsEngine } from '../engine';
import { isSetUp, serverHealth, serverKey, serverOf } from '../server';

const TITLE = 'the Wyoming server';

const parameters = {
  /** Of a voice that has several speakers. */
  speakerName: {
    type: 'text',
    default: '',
    maxLength: 200,
    icon: 'fa-user-o',
    when: { parameter: 'engine', is: ['wyoming', 'coqui'] },
  },
} as const satisfies ParameterTable;

export const wyoming = {
  id: 'wyoming',
  title: 'Wyoming server',
  parameters,
  // Its texts leave this machine.
  onlyByName: true,
  packages: [],
  isSetUp: (settings) => isSetUp('wyoming', settings),
  async voices(settings) {
    const { listVoices } = await import('./speak.js');
    return listVoices(serverOf('wyoming', TITLE, settings));
  },
  health: (settings) =>
    serverHealth(async () => {
      const { listVoices } = await import('./speak.js');
      return listVoices(serverOf('wyoming', TITLE, settings));
    }),
  cacheKey: async (_voice, settings) => serverKey('wyoming', settings),
  async chooseVoice(wish) {
    const { chooseVoice } = await import('./speak.js');
    return chooseVoice(wish, serverOf('wyoming', TITLE, wish.settings));
  },
  async *speak(request, signal) {
    const { speak } = await import('./speak.js');
    yield* speak(request, serverOf('wyoming', TITLE, request.settings), signal);
  },
} as const satisfies TtsEngine;
