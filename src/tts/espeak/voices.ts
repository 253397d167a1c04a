/** Which voices there are, and which one a name or a language means. */
import { LipwireError, describe } from '../../contract';
import { languageOfScript } from '../../phonetics/script';
import { loadEspeak, type Espeak, type EspeakVoice } from './espeak';
import { canonicalTag, isLanguageTag, voiceForLanguage } from '../languages';
import { nearest } from '../nearest';

/** A voice as people choose it. */
export interface Voice {
  /** What to set, for example `en-us` or `ar`. */
  id: string;
  /** For people, for example `English (America)`. */
  name: string;
  /** BCP 47, the best first. */
  languages: string[];
  /** eSpeak NG's own identifier, for example `gmw/en-US`. */
  identifier: string;
  gender: 'male' | 'female' | 'unknown';
}

/** A voice and what to give eSpeak for it. */
export interface ChosenVoice {
  /** The voice's id, with `+variant` where one is set. */
  id: string;
  /** eSpeak's identifier, with `+variant`. */
  identifier: string;
  /** BCP 47: as asked for, or the voice's own. */
  language: string;
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
      name: voice.name,
      languages: voice.languages.map(({ tag }) => canonicalTag(tag)),
      identifier: voice.identifier,
      gender: voice.gender,
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
export function chooseVoice(wish: VoiceWish, text: string, espeak: Espeak): ChosenVoice {
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
