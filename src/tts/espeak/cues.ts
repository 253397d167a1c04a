/** Cues of one utterance, from eSpeak's own events and the sound itself. Times are samples here. */
import type { Cue } from '../../contract';
import type { Spoken } from './espeak';
import { isStop, toIpa } from './phonemes';
import type { PlainText } from '../plain-text';
import { findWords } from '../words';

/** −60 dBFS: what is quieter counts as silence. */
const SILENCE = 33;
/** Longest closure that is added before a stop, in seconds. */
const LONGEST_CLOSURE = 0.12;
const BURST_TOLERANCE = 0.008;
/** What a sound keeps at least when the closure after it is taken off, in seconds. */
const SHORTEST_SOUND = 0.01;

/** First audible sample and the one after the last; both 0 for silence. */
export function audibleSpan(samples: Int16Array): { start: number; end: number } {
  let start = 0;
  while (start < samples.length && isSilent(samples, start)) start++;
  if (start === samples.length) return { start: 0, end: 0 };
  let end = samples.length;
  while (isSilent(samples, end - 1)) end--;
  return { start, end };
}

interface Sound {
  value: string;
  start: number;
  end: number;
  word: number;
}

/**
 * Phoneme and word cues in order of time, words before their phonemes. Times are samples from the
 * beginning of the utterance's sound.
 * @param text the text as written
 * @param plain what eSpeak was given of it
 * @param language eSpeak's language of the voice
 */
export function utteranceCues(
  spoken: Spoken,
  text: string,
  plain: PlainText,
  language: string,
  sampleRate: number,
): Cue[] {
  const words = findWords(text);
  const wordAt = (position: number): number => {
    const index = Math.min(Math.max(position - 1, 0), plain.origins.length - 1);
    return words.at(plain.origins[index] ?? 0);
  };
  const sounds = readSounds(spoken, wordAt, language, sampleRate);
  addClosures(sounds, spoken.samples, sampleRate);

  const cues: Cue[] = [];
  for (let first = 0; first < sounds.length;) {
    const word = sounds[first].word;
    let next = first;
    while (next < sounds.length && sounds[next].word === word) next++;
    const ofWord = sounds.slice(first, next);
    // Words that eSpeak runs together ("of the") or does not tell apart share one cue.
    const value = words.text(first === 0 ? 0 : word, sounds[next]?.word ?? words.count);
    const { start } = ofWord[0];
    cues.push({ type: 'word', value, start, end: (ofWord.at(-1) as Sound).end });
    for (const sound of ofWord) {
      cues.push({ type: 'phoneme', value: sound.value, start: sound.start, end: sound.end });
    }
    first = next;
  }
  return cues;
}

/** Each phoneme lasts until the next event; pauses and language switches are events without sound. */
function readSounds(
  { events, samples }: Spoken,
  wordAt: (position: number) => number,
  language: string,
  sampleRate: number,
): Sound[] {
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

function isSilent(samples: Int16Array, index: number): boolean {
  return Math.abs(samples[index]) <= SILENCE;
}
