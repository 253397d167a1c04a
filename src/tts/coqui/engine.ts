/** Coqui's `tts-server` (`/api/tts`), and the HTTP server that comes with Piper (`/synthesize`). */
import type { ParameterTable } from '../../contract';
import type { TtsEngine } from '../engine';
import { isSetUp, serverHealth, serverKey, serverOf } from '../server';

const TITLE = 'the Coqui or Piper server';

export const coqui = {
  id: 'coqui',
  title: 'Coqui or Piper server',
  parameters: {} as const satisfies ParameterTable,
  // Its texts leave this machine.
  onlyByName: true,
  packages: [],
  isSetUp: (settings) => isSetUp('coqui', settings),
  async voices(settings) {
    const { listVoices } = await import('./speak.js');
    return listVoices(serverOf('coqui', TITLE, settings));
  },
  health: (settings) =>
    serverHealth(async () => {
      const { listVoices } = await import('./speak.js');
      return listVoices(serverOf('coqui', TITLE, settings));
    }),
  cacheKey: async (_voice, settings) => serverKey('coqui', settings),
  async chooseVoice(wish) {
    const { chooseVoice } = await import('./speak.js');
    return chooseVoice(wish, serverOf('coqui', TITLE, wish.settings));
  },
  async *speak(request, signal) {
    const { speak } = await import('./speak.js');
    yield* speak(request, serverOf('coqui', TITLE, request.settings), signal);
  },
} as const satisfies TtsEngine;
