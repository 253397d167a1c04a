/** Speaks with a neural voice, sentence by sentence, each in one run of its network. */
import { throwIfCancelled } from '../../contract';
import type { SpeakRequest, SpokenPiece } from '../engine';
import { audibleSpan } from '../sound';
import { findWords, soundCues } from '../words';
import { sentencesOf, type Sentence, type Sign } from './reading';
import { cutSound } from './sound';
import { soundsOf, type TimedSign } from './timing';

/** Seconds between what is said before and the first sound after it. */
const PAUSES = { paragraph: 0.8, sentence: 0.45, part: 0.15 };
/** Seconds that a piece keeps before its first sound and after its last. */
const ONSET = 0.02;
const DECAY = 0.08;

/** Signs: a voice garbles what is shorter, so that such a sentence is said with the next one. */
const SHORTEST = 10;

/** Words a minute at which `rate` is the voice's own pace. */
export const OWN_RATE = 160;

/** What a run of the network gives. */
export interface Run {
  /** −1…1 */
  sound: Float32Array;
  /** When each sign is said, where the voice tells it. */
  times: readonly TimedSign[] | undefined;
  /** Signs that the voice does not know. */
  unknown: readonly string[];
}

/**
 * Each group from a little before its first sound to a little after its last.
 * @param notes what a listener would miss
 * @throws E_CANCELLED, and what a run throws
 */
export async function* speakGroups(
  groups: readonly Group[],
  { rate, progress }: SpeakRequest,
  sampleRate: number,
  notes: readonly string[],
  run: (signs: readonly Sign[]) => Promise<Run>,
  signal: AbortSignal,
): AsyncGenerator<SpokenPiece> {
  let pause = 0;
  let left = notes;
  for (const [index, group] of groups.entries()) {
    throwIfCancelled(signal);
    const { sound, times, unknown } = await run(group.signs);
    const sounds = times && soundsOf(times);
    const edges = edgesOf(sound, sounds, sampleRate);
    const silence = Math.max(0, pause - edges.onset - edges.decay);
    const gap = index === 0 ? 0 : Math.round(silence * sampleRate);
    const samples = cutSound(sound, { ...edges, gap, sampleRate });
    const moved = (gap - edges.start) / sampleRate;
    const cues = sounds && soundCues(sounds, group.text, (time) => time + moved);
    if (unknown.length > 0) left = [...left, unknownNote(unknown)];
    yield { samples, sampleRate, cues, ...(left.length > 0 && { note: left.join(' ') }) };
    left = [];
    pause = PAUSES[group.end] * Math.min(2, OWN_RATE / rate);
    progress(index + 1, groups.length);
    // Lets other work and a cancellation in.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** What is said in one run. */
export interface Group {
  text: string;
  signs: Sign[];
  end: keyof typeof PAUSES;
}

/** Sentences with their phonemes; a very short one together with its neighbour in the paragraph. */
export function groupsOf(
  text: string,
  language: string,
  readPart: (part: string, wordAt: (index: number) => number) => Sign[],
  longest?: number,
): Group[] {
  const groups: (Group & { sentences: Sentence[] })[] = [];
  let open: Sentence[] = [];
  for (const sentence of sentencesOf(text, language, longest)) {
    open.push(sentence);
    const group = read(open);
    const { isLastOfParagraph } = sentence;
    if (group.signs.length < SHORTEST && !isLastOfParagraph) continue;
    const last = groups.at(-1);
    // The last one of a paragraph goes with the one before.
    if (group.signs.length < SHORTEST && last && last.end !== 'paragraph') {
      const whole = read([...last.sentences, ...open]);
      groups.splice(-1, 1, { ...whole, sentences: [...last.sentences, ...open] });
    } else if (group.signs.length > 0) {
      groups.push({ ...group, sentences: open });
    }
    open = [];
  }
  return groups;

  function read(sentences: readonly Sentence[]): Group {
    const from = sentences[0].start;
    const to = sentences[sentences.length - 1].end;
    const whole = text.slice(from, to);
    const words = findWords(whole);
    const signs = sentences.flatMap(({ start, end }, index): Sign[] => {
      const part = text.slice(start, end);
      const wordAt = (at: number): number => words.at(start - from + at);
      const own = readPart(part, wordAt);
      return index > 0 && own.length > 0 ? [{ value: ' ', word: own[0].word }, ...own] : own;
    });
    const isWhole = /[\p{P}\p{S}]\s*$/u.test(whole);
    const { isLastOfParagraph } = sentences[sentences.length - 1];
    const end = isLastOfParagraph ? 'paragraph' : isWhole ? 'sentence' : 'part';
    return { text: whole, signs: withoutRuns(signs), end };
  }
}

/** One space where there are several. */
function withoutRuns(signs: readonly Sign[]): Sign[] {
  return signs.filter(({ value }, at) => value !== ' ' || signs[at - 1]?.value !== ' ');
}

/** Where the speech lies in the sound: samples, and seconds of what is kept around it. */
function edgesOf(
  sound: Float32Array,
  sounds: readonly { start: number; end: number }[] | undefined,
  sampleRate: number,
): { start: number; end: number; onset: number; decay: number } {
  const first = sounds?.[0];
  const last = sounds?.at(-1);
  if (first && last) {
    const onset = Math.min(ONSET, first.start);
    const start = Math.round((first.start - onset) * sampleRate);
    const end = Math.min(sound.length, Math.round((last.end + DECAY) * sampleRate));
    return { start, end, onset, decay: DECAY };
  }
  const whole = { start: 0, end: sound.length, gap: 0, sampleRate };
  return { ...audibleSpan(cutSound(sound, whole)), onset: 0, decay: 0 };
}

function unknownNote(signs: readonly string[]): string {
  return `This voice does not know ${signs.map((sign) => JSON.stringify(sign)).join(', ')}: left out.`;
}
