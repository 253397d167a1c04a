/** ElevenLabs' voices, with the time of every character. */
import type { TtsEngine } from '../engine';
import { isSetUp, serverHealth, serverKey, serverOf } from '../server';

const TITLE = 'ElevenLabs';

export const elevenlabs = {
  id: 'elevenlabs',
  title: 'ElevenLabs',
  parameters: {},
  // Its texts leave this machine.
  onlyByName: true,
  packages: [],
  isSetUp: (settings) => isSetUp('elevenlabs', settings),
  async voices(settings) {
    const { listVoices } = await import('./speak.js');
    return listVoices(serverOf('elevenlabs', TITLE, settings));
  },
  health: (settings) =>
    serverHealth(async () => {
      const { listVoices } = await import('./speak.js');
      return listVoices(serverOf('elevenlabs', TITLE, settings));
    }),
  cacheKey: async (_voice, settings) => serverKey('elevenlabs', settings),
  async chooseVoice(wish) {
    const { chooseVoice } = await import('./speak.js');
    return chooseVoice(wish, serverOf('elevenlabs', TITLE, wish.settings));
  },
  async *speak(request, signal) {
    const { speak } = await import('./speak.js');
    yield* speak(request, serverOf('elevenlabs', TITLE, request.settings), signal);
  },
} as const satisfies TtsEngine;
