/** eSpeak NG: over 100 languages, from an optional package (GPL-3.0) that runs in the worker only. */
import { healthOf, type ParameterTable } from '../../contract';
import { installedVersion } from '../../files/package-root';
import type { TtsEngine } from '../engine';
import { ESPEAK_PACKAGE } from './espeak';

const parameters = {
  /** Voice variants: `f1`…`f5`, `m1`…`m8`, `whisper`, `croak`, … */
  variant: { type: 'text', default: '', maxLength: 100, engine: 'espeak', icon: 'fa-users' },
} as const satisfies ParameterTable;

export const espeak = {
  id: 'espeak',
  title: 'eSpeak NG',
  parameters,
  packages: [ESPEAK_PACKAGE],
  voices: async () => (await import('./voices.js')).listVoices(),
  suggestions: async () => ({ variant: await (await import('./voices.js')).listVariants() }),
  health: () =>
    healthOf(async () => ({ voices: (await (await import('./voices.js')).listVoices()).length })),
  cacheKey: async () => (await installedVersion(ESPEAK_PACKAGE)) ?? 'not installed',
  async chooseVoice({ text, voice, language, parameters: { variant } }) {
    const { chooseVoice } = await import('./voices.js');
    const { loadEspeak } = await import('./espeak.js');
    const wish = { voice, language, variant: String(variant ?? '') };
    return chooseVoice(wish, text, await loadEspeak());
  },
  async *speak(request, signal) {
    const { loadEspeak } = await import('./espeak.js');
    const { speak } = await import('./speak.js');
    yield* speak(await loadEspeak(), request, signal);
  },
} as const satisfies TtsEngine;
