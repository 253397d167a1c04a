/** Which voices there are, and which one a name or a language means. */
import { LipwireError, describe, nearest } from '../../contract';
import { languageOfScript } from '../../phonetics/script';
import { loadEspeak, type Espeak, type EspeakVoice } from './espeak';
import type { ChosenVoice, Voice } from '../engine';

/** A voice, its id with `+variant` where one is set, and what to give eSpeak for it. */
export interface EspeakChoice extends ChosenVoice {
  /** eSpeak's identifier, with `+variant`. */
  identifier: string;
  /** eSpeak's tag of the voice. */
  espeakLanguage: string;
}

export interface VoiceWish {
  /** A voice's id, name, identifier or language, with `+variant` or without; empty: by language. */
  voice: string;
  variant: string;
  /** BCP 47; empty: by the text's script. */
  language: string;
}

/**
 * All voices of eSpeak NG, by name.
 * @throws E_MODEL_MISSING when the package is not installed
 */
export async function listVoices(): Promise<Voice[]> {
  const { voices } = await loadEspeak();
  return voices
    .map((voice) => ({
      id: voiceId(voice, voices),
      engine: 'espeak',
      name: voice.name,
      languages: voice.languages.map(({ tag }) => canonicalTag(tag)),
      identifier: voice.identifier,
      gender: voice.gender,
      licence: 'GPL-3.0',
      installed: true,
    }))
    .sort((a, b) => a.name.localeCompare(b.name, 'en'));
}

/**
 * All variants that go with every voice: `f1`…`f5`, `m1`…`m8`, `whisper`, `croak`, …
 * @throws E_MODEL_MISSING when the package is not installed
 */
export async function listVariants(): Promise<string[]> {
  return [...(await loadEspeak()).variants];
}

/**
 * The voice for a text.
 * @throws E_VOICE naming the nearest names
 */
export function chooseVoice(wish: VoiceWish, text: string, espeak: Espeak): EspeakChoice {
  const [name = '', inlineVariant = ''] = splitVariant(wish.voice);
  const language = wish.language.trim();
  const voice = name
    ? byName(name, espeak.voices)
    : byLanguage(language || (languageOfScript(text) ?? 'en'), espeak.voices);
  const variant = findVariant(inlineVariant || wish.variant.trim(), espeak.variants);
  const suffix = variant && `+${variant}`;
  const espeakLanguage = voice.languages[0]?.tag ?? 'en';
  return {
    id: voiceId(voice, espeak.voices) + suffix,
    identifier: voice.identifier + suffix,
    language: canonicalTag((!name && language) || espeakLanguage),
    espeakLanguage,
  };
}

function splitVariant(voice: string): string[] {
  const plus = voice.indexOf('+');
  return plus < 0 ? [voice.trim()] : [voice.slice(0, plus).trim(), voice.slice(plus + 1).trim()];
}

function byName(name: string, voices: readonly EspeakVoice[]): EspeakVoice {
  const wanted = fold(name);
  const found =
    voices.find((voice) => fold(voiceId(voice, voices)) === wanted) ??
    voices.find((voice) => fold(voice.identifier) === wanted || fold(voice.name) === wanted) ??
    (isLanguageTag(name) ? voiceForLanguage(name, voices) : undefined);
  if (found) return found;
  const names = voices.flatMap((voice) => [voiceId(voice, voices), voice.name]);
  throw unknown('a voice', name, nearest(name, names));
}

function byLanguage(language: string, voices: readonly EspeakVoice[]): EspeakVoice {
  const found = voiceForLanguage(language, voices);
  if (found) return found;
  const tags = new Set(voices.flatMap((voice) => voice.languages.map(({ tag }) => tag)));
  throw unknown('a language that eSpeak NG speaks', language, nearest(language, [...tags]));
}

function findVariant(variant: string, variants: readonly string[]): string {
  if (!variant) return '';
  const found = variants.find((name) => fold(name) === fold(variant));
  if (found) return found;
  throw unknown('a voice variant', variant, nearest(variant, variants));
}

function unknown(expected: string, received: string, names: string[]): LipwireError {
  return new LipwireError(
    'E_VOICE',
    `Expected ${expected} but received ${describe(received)}; the nearest are ${names.join(', ')}.`,
    { details: { nearest: names } },
  );
}

/** The main language of a voice; of a second voice for the same language the end of its identifier. */
function voiceId(voice: EspeakVoice, voices: readonly EspeakVoice[]): string {
  const tag = voice.languages[0]?.tag;
  const first = voices.find((other) => other.languages[0]?.tag === tag);
  if (tag && first === voice) return tag;
  return voice.identifier.slice(voice.identifier.lastIndexOf('/') + 1).toLowerCase();
}

/** Names are compared without regard to capitals, underscores and accents. */
function fold(name: string): string {
  return name.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('_', ' ').trim().toLowerCase();
}

/** From BCP 47 tags to the languages that eSpeak NG has. */

/** Tags that stand for a language under another name; the longest one that fits is taken. */
const ALIASES: Record<string, string> = {
  // Of English voices the American one is what "en" most likely means (CLDR's likely subtags).
  en: 'en-us',
  'en-au': 'en-gb',
  'en-ie': 'en-gb',
  'en-in': 'en-gb',
  'en-nz': 'en-gb',
  'en-za': 'en-gb',
  'en-jm': 'en-029',
  'en-tt': 'en-029',
  zh: 'cmn',
  'zh-hk': 'yue',
  'zh-mo': 'yue',
  'zh-hant-hk': 'yue',
  'zh-hant-mo': 'yue',
  'zh-yue': 'yue',
  'zh-hakka': 'hak',
  'zh-latn-pinyin': 'cmn-latn-pinyin',
  no: 'nb',
  nn: 'nb',
  iw: 'he',
  in: 'id',
  mo: 'ro',
  sh: 'hr',
  prs: 'fa',
  arb: 'ar',
  azj: 'az',
  ckb: 'ku',
  kmr: 'ku',
  ekk: 'et',
  lvs: 'lv',
  uzn: 'uz',
  als: 'sq',
  'vi-vn': 'vi',
};

/** Where Latin American Spanish is spoken. */
const LATIN_AMERICA = 'ar bo cl co cr cu do ec gt hn mx ni pa pe pr py sv us uy ve'.split(' ');
for (const region of LATIN_AMERICA) ALIASES[`es-${region}`] = 'es-419';

/**
 * The best voice for a language: the tag itself, then with one subtag after the other taken off the
 * end (`ar-SA` → `ar`), aliases (`zh-HK` → `yue`) first at each step.
 */
export function voiceForLanguage(
  tag: string,
  voices: readonly EspeakVoice[],
): EspeakVoice | undefined {
  const written = tag.toLowerCase().replaceAll('_', '-');
  const exact = bestVoice(ALIASES[written], voices) ?? bestVoice(written, voices);
  if (exact) return exact;
  const subtags = unified(written).split('-').filter(Boolean);
  for (let length = subtags.length; length > 0; length--) {
    const candidate = subtags.slice(0, length).join('-');
    const found =
      bestVoice(ALIASES[candidate], voices) ??
      bestVoice(candidate, voices) ??
      // A script between language and region: zh-Hant-TW, sr-Latn-RS.
      (length === 3 ? bestVoice(`${subtags[0]}-${subtags[2]}`, voices) : undefined);
    if (found) return found;
  }
  return undefined;
}

/** True for a language with or without a script and a region that exist: `ar-SA`, but not `en-xy`. */
export function isLanguageTag(tag: string): boolean {
  const parts = /^[a-z]{2,3}(?:-([a-z]{4}))?(?:-([a-z]{2}|\d{3}))?$/i.exec(
    tag.replaceAll('_', '-'),
  );
  if (!parts) return false;
  const known = (type: 'script' | 'region', code: string | undefined): boolean =>
    !code || new Intl.DisplayNames('en', { type, fallback: 'none' }).of(code) !== undefined;
  return (
    known('script', parts[1] && capitalised(parts[1])) && known('region', parts[2]?.toUpperCase())
  );
}

/** Old and wrong tags brought to today's: `en-UK` → `en-gb`, `iw` → `he`. */
function unified(tag: string): string {
  try {
    return (Intl.getCanonicalLocales(tag)[0] ?? tag).toLowerCase();
  } catch {
    return tag;
  }
}

/** Of several voices for a language: its own first, then by eSpeak's priority. */
function bestVoice(
  language: string | undefined,
  voices: readonly EspeakVoice[],
): EspeakVoice | undefined {
  if (!language) return undefined;
  const ranked = voices
    .map((voice) => {
      const index = voice.languages.findIndex(({ tag }) => tag === language);
      const priority = voice.languages[index]?.priority ?? 0;
      return { voice, index, rank: priority + (index === 0 ? 0 : 100) };
    })
    .filter(({ index }) => index >= 0)
    .sort((a, b) => a.rank - b.rank);
  return ranked[0]?.voice;
}

/** A tag with the usual capitals: `en-us` → `en-US`; unknown ones stay as they are. */
export function canonicalTag(tag: string): string {
  return tag
    .replaceAll('_', '-')
    .split('-')
    .map((subtag, index) => {
      if (index === 0 || subtag.length === 1) return subtag.toLowerCase();
      if (subtag.length === 2) return subtag.toUpperCase();
      if (subtag.length !== 4) return subtag.toLowerCase();
      return capitalised(subtag);
    })
    .join('-');
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1).toLowerCase();
}
