/** Text to sound with cues, by eSpeak NG. */
import { throwIfCancelled } from '../../contract';
import { chunks, type Chunk } from '../chunks';
import type { SpeakRequest, SpokenPiece } from '../engine';
import { audibleSpan, isSilent } from '../sound';
import { findWords, soundCues, type Sound } from '../words';
import type { Espeak, Spoken } from './espeak';
import { plainText, type PlainText } from './plain-text';
import { chooseVoice } from './voices';

/** Pauses between pieces of a long text, in pauses at a comma; eSpeak's own proportions. */
const PAUSES: Record<Chunk['end'], number> = { paragraph: 3.5, sentence: 2, clause: 1, word: 0.2 };

/**
 * Speaks a text in pieces, each from its first to its last audible sample after the pause that comes
 * before it.
 */
export async function* speak(
  espeak: Espeak,
  { text, voice: { id, language }, rate, pitch, progress }: SpeakRequest,
  signal: AbortSignal,
): AsyncGenerator<SpokenPiece> {
  const { sampleRate } = espeak;
  const chosen = chooseVoice({ voice: id, variant: '', language }, text, espeak);
  const settings = { voice: chosen.identifier, rate, pitch };
  const pieces = chunks(text);
  const comma = pieces.length > 1 ? commaPause(espeak, settings) : 0;
  let gap = 0;
  for (const [index, piece] of pieces.entries()) {
    throwIfCancelled(signal);
    const plain = plainText(piece.text);
    const spoken = espeak.speak({ text: plain.spoken, ...settings });
    const { start, end } = audibleSpan(spoken.samples);
    if (end > 0) {
      const samples = new Int16Array(gap + end - start);
      samples.set(spoken.samples.subarray(start, end), gap);
      const sounds = readSounds(spoken, piece.text, plain, chosen.espeakLanguage, sampleRate);
      const cues = soundCues(sounds, piece.text, (at) => (at - start + gap) / sampleRate);
      yield { samples, sampleRate, cues };
      gap = Math.round(comma * PAUSES[piece.end]);
    }
    progress(index + 1, pieces.length);
    // Lets other work and a cancellation in.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Samples of the pause that this voice makes at a comma: the longest silence in "1, 1". */
function commaPause(espeak: Espeak, voice: { voice: string; rate: number; pitch: number }): number {
  const { samples } = espeak.speak({ text: '1, 1', ...voice });
  const { start, end } = audibleSpan(samples);
  let longest = 0;
  let run = 0;
  for (let i = start; i < end; i++) {
    run = samples[i] === 0 ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

/** Longest closure that is added before a stop, in seconds. */
const LONGEST_CLOSURE = 0.12;
const BURST_TOLERANCE = 0.008;
/** What a sound keeps at least when the closure after it is taken off, in seconds. */
const SHORTEST_SOUND = 0.01;

/**
 * What is heard, in samples from the beginning of the utterance. Each phoneme lasts until the next
 * event; pauses and language switches are events without sound.
 * @param text the text as written
 * @param plain what eSpeak was given of it
 * @param language eSpeak's language of the voice
 */
function readSounds(
  { events, samples }: Spoken,
  text: string,
  plain: PlainText,
  language: string,
  sampleRate: number,
): Sound[] {
  const words = findWords(text);
  const wordAt = (position: number): number => {
    const index = Math.min(Math.max(position - 1, 0), plain.origins.length - 1);
    return words.at(plain.origins[index] ?? 0);
  };
  const sounds: Sound[] = [];
  let word = 0;
  let open: Sound | undefined;
  let now = 0;
  const close = (end: number): void => {
    if (open && end > open.start) sounds.push({ ...open, end });
    open = undefined;
  };
  for (const event of events) {
    now = Math.max(now, Math.min((event.audio_position * sampleRate) / 1000, samples.length));
    if (event.type === 'word') word = Math.max(word, wordAt(event.text_position));
    if (event.type !== 'phoneme' && event.type !== 'end') continue;
    const value = event.type === 'phoneme' ? toIpa(String(event.id ?? ''), language) : '';
    close(now);
    if (value) open = { value, start: now, end: now, word };
  }
  close(samples.length);
  addClosures(sounds, samples, sampleRate);
  return sounds;
}

/**
 * eSpeak reports a voiceless stop where it bursts; the mouth closes before that. The silence before
 * the burst is the closure, so it is given to the stop.
 */
function addClosures(sounds: Sound[], samples: Int16Array, sampleRate: number): void {
  sounds.forEach((sound, index) => {
    if (!isStop(sound.value)) return;
    const before = sounds[index - 1];
    const earliest = Math.max(
      sound.start - LONGEST_CLOSURE * sampleRate,
      before ? Math.min(before.end, before.start + SHORTEST_SOUND * sampleRate) : 0,
    );
    let start = Math.floor(sound.start);
    // Events are whole milliseconds and may come just after the burst has begun.
    const burst = start - BURST_TOLERANCE * sampleRate;
    while (start > Math.max(earliest, burst) && !isSilent(samples, start - 1)) start--;
    while (start > earliest && isSilent(samples, start - 1)) start--;
    // A pause before the stop is not all closure; a pause inside a word is.
    if (before && before.end > start) before.end = Math.max(start, before.start);
    sound.start = Math.min(sound.start, Math.max(start, before?.end ?? 0));
  });
}

/**
 * The phonemes of cues. eSpeak NG names most phonemes in IPA, but some languages show its own
 * notation; {@link toIpa} brings those to IPA too.
 *
 * What a cue's value looks like: stress (`ˈ` primary, `ˌ` secondary) first where there is any, then
 * one sound, an affricate or a diphthong as one unit (`tʃ`, `aʊ`, `ɔːɹ`, `əl`), with `ː` for long.
 * Observed, without stress marks:
 *
 * - English (en-US): ə ɚ ɐ ʌ ɪ i iː ɛ æ ɑː ɔ ɔː ʊ uː ɜː eɪ aɪ ɔɪ aʊ oʊ iə ɪɹ ɛɹ ɑːɹ ɔːɹ ʊɹ aɪɚ aɪə əl n̩
 *   p b t d k ɡ ʔ ɾ m n ŋ f v θ ð s z ʃ ʒ h x tʃ dʒ l ɹ w j
 * - English (en-GB) besides: ɒ a əʊ eə ʊə
 * - Arabic: a i u ɑ (beside emphatic consonants) b t d k q ʔ m n r l f θ ð s z ʃ x χ ɣ ħ ʕ h dʒ w j
 *   t̪ˤ s̪ˤ dˤ
 * - German besides: ø øː œ y yː ʏ ɔø ç ts pf ɜ; French: ɛ̃ ɑ̃ ɔ̃ œ̃ ʁ ɲ; Spanish: β ɣ ʎ ʝ r;
 *   Mandarin: y ɨ iɛ yɛ uə uei iou ʈʂ ʈʂʰ tɕ tɕʰ tsʰ pʰ tʰ kʰ ɕ ʂ ʐ; Japanese: ä e̞ o̞ ɯᵝ ɽ ɴ ɸ; Hindi:
 *   ʋ ɳ ʈ ɖ and the aspirated bʰ dʰ ɡʰ kʰ pʰ tʰ ʈʰ
 */

/** eSpeak's own notation, where it shows through, and its IPA. */
const NOTATION: Record<string, string> = {
  'a.': 'ɑ',
  'i.': 'ɨ',
  'r.': 'ɽ',
  's.': 'ʂ',
  'ts.': 'ʈʂ',
  'ts.h': 'ʈʂʰ',
  tsh: 'tsʰ',
  ph: 'pʰ',
  th: 'tʰ',
  kh: 'kʰ',
  tɕh: 'tɕʰ',
  onɡ: 'ʊŋ',
  'q-': 'k͈',
};

/** The same for Arabic, where the dot marks a vowel beside an emphatic consonant. */
const ARABIC: Record<string, string> = { 'i.': 'ɪ', 'u.': 'ʊ', t̪: 't̪ˤ', s̪: 's̪ˤ' };

const STRESS = /^[ˈˌ]+/;
/** No sounds: digits (tones), and what is left of a name that eSpeak cut off at eight bytes. */
const NOISE = /[\p{Cc}\uFFFD\d]/gu;

/**
 * The IPA of a phoneme as eSpeak NG reports it, with its stress mark.
 * @param language eSpeak's language of the voice
 * @returns an empty string for what is no sound: pauses and language switches such as `(en)`
 */
export function toIpa(reported: string, language: string): string {
  if (/^\(.*\)$/.test(reported)) return '';
  const stress = STRESS.exec(reported)?.[0][0] ?? '';
  const name = reported.replace(STRESS, '').replace(NOISE, '');
  const ipa =
    (language === 'ar' ? ARABIC[name] : undefined) ??
    NOTATION[name] ??
    // Korean tense consonants; elsewhere the hyphen marks a short or silent variant.
    name.replace(/-$/, language === 'ko' && /^[ptks]/.test(name) ? '͈' : '').replace(/\./g, '');
  return ipa && stress + ipa;
}

/** True for stops, whose closure comes before the sound that eSpeak reports. */
export function isStop(ipa: string): boolean {
  return /^[ˈˌ]?(p|b|t|d|k|ɡ|q|c|ɟ|ʈ|ɖ|ʔ|ɗ)/u.test(ipa);
}
