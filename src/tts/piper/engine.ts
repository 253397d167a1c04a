/** Piper: natural voices of many languages (VITS), from files that the user gets. */
import { LipwireError, describe, healthOf, nearest, type StageSettings } from '../../contract';
import { installedVersion } from '../../files/package-root';
import { languageOfScript } from '../../phonetics/script';
import { expectLicence, mayRun } from '../../ml/store/manifest';
import { voiceLicence } from '../../ml/store/voices';
import type { TtsEngine, Voice } from '../engine';
import { ESPEAK_PACKAGE } from '../espeak/espeak';
import { byLanguage } from '../languages';
import { piperConfig, piperFiles, type PiperConfig, type PiperFile } from './config';

/** Raised when the same voice and text give another sound. */
const VERSION = 1;

/** The best first: `high` is four times slower than `medium`. */
const QUALITIES = ['medium', 'high', 'low', 'x_low'];

/** Voices of more speakers are listed as one. */
const MOST_SPEAKERS = 30;

export const piper = {
  id: 'piper',
  readsIpa: true,
  title: 'Piper',
  parameters: {},
  packages: [],
  voices: listVoices,
  health: (settings) =>
    healthOf(async () => {
      const all = await readable(settings);
      const [first] = all;
      if (!first) throw noVoice();
      if (!all.some((one) => isAllowed(one, settings))) allow(first, settings);
      await expectAble(first.config);
      return { voices: (await listVoices(settings)).length };
    }),
  async cacheKey(voice, { modelsFolder }) {
    const files = await piperFiles(modelsFolder);
    const named = files.find(({ id }) => id === splitSpeaker(voice)[0]);
    const used = (named ? [named] : files).map(({ id, bytes, mtime }) => [id, bytes, mtime]);
    return JSON.stringify([VERSION, await installedVersion(ESPEAK_PACKAGE), used]);
  },
  async chooseVoice({ text, voice, language, settings }) {
    const all = await readable(settings);
    if (all.length === 0) throw noVoice();
    const [name, speaker] = splitSpeaker(voice);
    const tag = language.trim() || (languageOfScript(text) ?? 'en');
    const found = name
      ? byName(all, name)
      : best(byLanguage(all, tag, (one) => one.config.language));
    if (!found) {
      const names = name
        ? all.map(({ file }) => file.id)
        : [...new Set(all.map(({ config }) => config.language))];
      throw unknown(
        name ? 'an installed voice of Piper' : 'a language of an installed Piper voice',
        name || tag,
        nearest(name || tag, names),
      );
    }
    allow(found, settings);
    speakerOf(found.config, speaker);
    await expectAble(found.config);
    const id = speaker ? `${found.file.id}+${speaker}` : found.file.id;
    return { id, language: (!name && language.trim()) || found.config.language };
  },
  async *speak(request, signal) {
    const { speak } = await import('./speak.js');
    const [name, speaker] = splitSpeaker(request.voice.id);
    const file = (await piperFiles(request.settings.modelsFolder)).find(({ id }) => id === name);
    if (!file) throw noVoice();
    const config = await piperConfig(file);
    yield* speak(file, config, speakerOf(config, speaker), request, signal);
  },
} as const satisfies TtsEngine;

interface InstalledVoice {
  file: PiperFile;
  config: PiperConfig;
}

/** Each voice, or each of its speakers. */
async function listVoices(settings: StageSettings): Promise<Voice[]> {
  const all = await readable(settings);
  return all.flatMap(({ file, config }): Voice[] => {
    const names = config.speakers > 1 ? [...config.speakerIds.keys()] : [];
    const speakers = names.length > 1 && names.length <= MOST_SPEAKERS ? names : [''];
    return speakers.map((speaker) => ({
      id: speaker ? `${file.id}+${speaker}` : file.id,
      engine: 'piper',
      name: `${nameOf(file.id)}${speaker && ` ${speaker}`} (${config.languageName})`,
      languages: [config.language],
      gender: 'unknown',
      licence: voiceLicence(file.id).licence,
      installed: true,
      identifier: file.id,
      size: file.bytes,
    }));
  });
}

/** The voices whose settings can be read; throws where there are some, and none can. */
async function readable({ modelsFolder }: StageSettings): Promise<InstalledVoice[]> {
  const files = await piperFiles(modelsFolder);
  const read = await Promise.allSettled(
    files.map(async (file) => ({ file, config: await piperConfig(file) })),
  );
  const found = read.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failed = read.find((each) => each.status === 'rejected');
  if (found.length === 0 && failed) throw failed.reason;
  return found;
}

function isAllowed({ file: { id } }: InstalledVoice, settings: StageSettings): boolean {
  return mayRun({ name: id, ...voiceLicence(id) }, settings.acceptNonCommercial);
}

/** @throws E_MODEL_LICENCE */
function allow({ file: { id } }: InstalledVoice, settings: StageSettings): void {
  expectLicence({ name: id, ...voiceLicence(id) }, settings.acceptNonCommercial, 'another voice');
}

/** @throws E_MODEL_MISSING, E_MODEL_INVALID, E_NATIVE: what a voice needs and is not there */
async function expectAble({ phonemeType }: PiperConfig): Promise<void> {
  const { loadRuntime } = await import('../../ml/onnx/runtime.js');
  await loadRuntime();
  if (phonemeType === 'espeak') await (await import('../espeak/espeak.js')).loadEspeak();
}

/** `name+speaker`. */
function splitSpeaker(voice: string): [name: string, speaker: string] {
  const plus = voice.indexOf('+');
  if (plus < 0) return [voice.trim(), ''];
  return [voice.slice(0, plus).trim(), voice.slice(plus + 1).trim()];
}

/** @throws E_VOICE for a speaker that the voice does not have */
function speakerOf({ speakers, speakerIds, defaultSpeaker }: PiperConfig, speaker: string): number {
  if (speaker === '') return defaultSpeaker;
  const known = [...speakerIds].find(([name]) => name.toLowerCase() === speaker.toLowerCase());
  if (known) return known[1];
  if (/^\d+$/.test(speaker) && Number(speaker) < speakers) return Number(speaker);
  throw unknown('a speaker of this voice', speaker, nearest(speaker, [...speakerIds.keys()]));
}

/** By id, with or without its language and quality: `en_US-joe-medium`, `en_US-joe`, `joe`. */
function byName(all: readonly InstalledVoice[], name: string): InstalledVoice | undefined {
  const wanted = name.toLowerCase();
  const called = (of: (id: string) => string): InstalledVoice | undefined =>
    best(all.filter(({ file }) => of(file.id.toLowerCase()) === wanted));
  return (
    called((id) => id) ??
    called((id) => id.replace(/-[^-]*$/, '')) ??
    called((id) => id.split('-')[1] ?? '')
  );
}

function best(voices: readonly InstalledVoice[]): InstalledVoice | undefined {
  const rank = ({ file }: InstalledVoice): number => {
    const at = QUALITIES.indexOf(file.id.split('-').at(-1) ?? '');
    return at < 0 ? QUALITIES.length : at;
  };
  return [...voices].sort((a, b) => rank(a) - rank(b))[0];
}

function nameOf(id: string): string {
  const [, name = id, quality] = id.split('-');
  const title = name.charAt(0).toUpperCase() + name.slice(1);
  return quality && quality !== 'medium' ? `${title}, ${quality}` : title;
}

function noVoice(): LipwireError {
  return new LipwireError(
    'E_MODEL_MISSING',
    'Expected a Piper voice in the models folder but there is none; run "lipwire voices pull en_US-ljspeech-medium", or put a voice there, its .onnx and its .onnx.json.',
  );
}

function unknown(expected: string, received: string, names: string[]): LipwireError {
  return new LipwireError(
    'E_VOICE',
    `Expected ${expected} but received ${describe(received)}; the nearest are ${names.join(', ')}.`,
    { details: { nearest: names } },
  );
}
