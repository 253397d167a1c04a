/** Kokoro-82M: one network with many voices (Apache-2.0), from files that the user gets. */
import { LipwireError, describe, healthOf, nearest, type StageSettings } from '../../contract';
import { installedVersion } from '../../files/package-root';
import { languageOfScript } from '../../phonetics/script';
import type { TtsEngine, Voice } from '../engine';
import { ESPEAK_PACKAGE } from '../espeak/espeak';
import { byLanguage } from '../languages';
import { kokoroFiles, type KokoroFiles, type KokoroVoice } from './files';

/** Raised when the same voice and text give another sound. */
const VERSION = 1;

/** By the first letter of a voice's name: its language, and the name that eSpeak NG has for it. */
const LANGUAGES: Record<string, { tag: string; name: string; espeak: string }> = {
  a: { tag: 'en-US', name: 'English, America', espeak: 'en-us' },
  b: { tag: 'en-GB', name: 'English, Great Britain', espeak: 'en-gb-x-rp' },
  e: { tag: 'es-ES', name: 'Spanish', espeak: 'es' },
  f: { tag: 'fr-FR', name: 'French', espeak: 'fr' },
  h: { tag: 'hi-IN', name: 'Hindi', espeak: 'hi' },
  i: { tag: 'it-IT', name: 'Italian', espeak: 'it' },
  j: { tag: 'ja-JP', name: 'Japanese', espeak: 'ja' },
  p: { tag: 'pt-BR', name: 'Portuguese, Brazil', espeak: 'pt-br' },
  z: { tag: 'zh-CN', name: 'Chinese', espeak: 'cmn' },
};

export const kokoro = {
  id: 'kokoro',
  readsIpa: true,
  title: 'Kokoro',
  parameters: {},
  packages: [],
  voices: listVoices,
  health: (settings) =>
    healthOf(async () => {
      const { voices } = await installed(settings);
      await expectAble();
      return { voices: voices.length };
    }),
  async cacheKey(_voice, { modelsFolder }) {
    const { stamps } = await kokoroFiles(modelsFolder).catch(() => ({ stamps: ['damaged'] }));
    return JSON.stringify([VERSION, await installedVersion(ESPEAK_PACKAGE), stamps]);
  },
  async chooseVoice({ text, voice: name, language, settings }) {
    const { voices } = await installed(settings);
    const wanted = name.trim().toLowerCase();
    const tag = language.trim() || (languageOfScript(text) ?? 'en');
    const found = wanted
      ? (voices.find(({ id }) => id === wanted) ?? voices.find(({ id }) => id.slice(3) === wanted))
      : best(byLanguage(voices, tag, ({ id }) => languageOf(id).tag));
    if (!found) {
      const names = wanted
        ? voices.map(({ id }) => id)
        : voices.map(({ id }) => languageOf(id).tag);
      throw unknown(wanted || tag, nearest(wanted || tag, [...new Set(names)]), wanted !== '');
    }
    await expectAble();
    return { id: found.id, language: language.trim() || languageOf(found.id).tag };
  },
  async *speak(request, signal) {
    const { network, voices } = await installed(request.settings);
    const voice = voices.find(({ id }) => id === request.voice.id);
    if (!voice) throw missing('voice');
    // A voice reads another of these languages with the accent of its own.
    const all = Object.values(LANGUAGES);
    const [asked] = byLanguage(all, request.voice.language, ({ tag }) => tag);
    const { speak } = await import('./speak.js');
    yield* speak(network, voice, (asked ?? languageOf(voice.id)).espeak, request, signal);
  },
} as const satisfies TtsEngine;

async function listVoices({ modelsFolder }: StageSettings): Promise<Voice[]> {
  const { network, voices } = await kokoroFiles(modelsFolder);
  return voices.map(({ id }): Voice => {
    const { tag, name } = languageOf(id);
    const title = id.charAt(3).toUpperCase() + id.slice(4);
    const gender = id.charAt(1) === 'f' ? 'female' : 'male';
    const facts = { engine: 'kokoro', gender, licence: 'Apache-2.0', identifier: id } as const;
    return {
      ...{ id, name: `${title} (${name})`, languages: [tag], ...facts },
      installed: network !== undefined,
    };
  });
}

function languageOf(id: string): (typeof LANGUAGES)[string] {
  return LANGUAGES[id.charAt(0)] ?? LANGUAGES['a'];
}

/** `af_heart` is the one that its makers rate best. */
function best(voices: readonly KokoroVoice[]): KokoroVoice | undefined {
  return voices.find(({ id }) => id === 'af_heart') ?? voices[0];
}

/** @throws E_MODEL_MISSING */
async function installed({
  modelsFolder,
}: StageSettings): Promise<KokoroFiles & { network: string }> {
  const files = await kokoroFiles(modelsFolder);
  const { network } = files;
  if (network === undefined) throw missing('network');
  if (files.voices.length === 0) throw missing('voice');
  return { ...files, network };
}

/** @throws E_MODEL_MISSING, E_MODEL_INVALID, E_NATIVE: what it runs on and is not there */
async function expectAble(): Promise<void> {
  await (await import('../../ml/onnx/runtime.js')).loadRuntime();
  await (await import('../espeak/espeak.js')).loadEspeak();
}

function missing(what: 'network' | 'voice'): LipwireError {
  const remedy =
    what === 'network'
      ? 'put kokoro-v1.0.onnx, or another export whose name begins with kokoro, there'
      : 'put voices-v1.0.bin, an .npz or a single voice such as af_heart.bin beside the network';
  return new LipwireError(
    'E_MODEL_MISSING',
    `Expected a ${what} of Kokoro in the models folder but there is none; ${remedy}.`,
  );
}

function unknown(received: string, names: string[], isName: boolean): LipwireError {
  return new LipwireError(
    'E_VOICE',
    `Expected ${isName ? 'an installed voice of Kokoro' : 'a language of an installed Kokoro voice'} but received ${describe(received)}; the nearest are ${names.join(', ')}.`,
    { details: { nearest: names } },
  );
}
