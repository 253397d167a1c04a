/** How eSpeak NG reads a text, as neural voices take it: IPA, punctuation, and the word of each sign. */
import { paragraphs, pieces, unwrap, type Span } from '../../phonetics/spans';
import { hasWords } from '../../phonetics/script';
import { sentences } from '../../phonetics/sentences';
import type { Espeak, EspeakEvent } from '../espeak/espeak';
import { plainText } from '../espeak/plain-text';
import { align } from '../align';
import { findWords } from '../words';

/** One code point of IPA, of punctuation, or a space. */
export interface Sign {
  value: string;
  /** The number of its word, as `findWords` counts them in the text that was read. */
  word: number;
}

/** A sentence, or a part of one that is too long. */
export interface Sentence extends Span {
  isLastOfParagraph: boolean;
}

/** UTF-16 units; longer sentences are cut, as a network's memory grows with the length of its run. */
const LONGEST = 400;

/** The sentences of a text. @param language BCP 47, where it is known @param longest UTF-16 units */
export function sentencesOf(text: string, language: string, longest = LONGEST): Sentence[] {
  const found: Sentence[] = [];
  for (const lines of paragraphs(text)) {
    const spans = unwrap(text, lines)
      .flatMap((line) => sentences(text, line, language))
      .flatMap((span) => pieces(text, span, longest))
      .filter(({ start, end }) => hasWords(text.slice(start, end)));
    for (const span of spans) found.push({ ...span, isLastOfParagraph: span === spans.at(-1) });
  }
  return found;
}

/** What may stand between a clause's punctuation and its end. */
const CLOSERS = /[\s"'”“’»)\]]/u;
const MARKS = /[.?!,:;–—؟،۔…]/u;
/** How the first mark of a run counts; the others are themselves. */
const UNIFIED: Record<string, string> = { '–': ';', '—': ';', '؟': '?', '،': ',', '۔': '.' };

/**
 * The mark that a clause ends with, which eSpeak does not tell.
 * @param characters code points of the text
 * @param position that of the clause's `end` event
 * @returns one of `. ? ! , : ;` or nothing
 */
function terminator(characters: readonly string[], position: number): string {
  let at = Math.min(position, characters.length) - 1;
  for (let passed = 0; passed < 3 && at >= 0 && CLOSERS.test(characters[at]); passed++) at--;
  let start = at;
  while (start >= 0 && MARKS.test(characters[start])) start--;
  const run = characters.slice(start + 1, at + 1).join('');
  if (run === '' || run.startsWith('..') || run.startsWith('…')) return '';
  return UNIFIED[run[0]] ?? run[0];
}

/** A clause of eSpeak's, from its first event to its `end`. */
interface Clause {
  phones: { id: string; position: number }[];
  end: number;
  endsSentence: boolean;
}

function clausesOf(events: readonly EspeakEvent[]): Clause[] {
  const clauses: Clause[] = [];
  let phones: Clause['phones'] = [];
  for (const { type, text_position: position, id } of events) {
    if (type === 'phoneme' && id) phones.push({ id: String(id), position });
    // The text goes on in a new sentence: the clause before ended one.
    const last = clauses.at(-1);
    if (type === 'sentence' && last) last.endsSentence = true;
    if (type !== 'end') continue;
    clauses.push({ phones, end: position, endsSentence: false });
    phones = [];
  }
  const last = clauses.at(-1);
  if (last) last.endsSentence = true;
  return clauses;
}

/** Marks of a change of language, such as `(en)`. */
const FLAGS = /\([^)]+\)/g;

/**
 * Reads one sentence as Piper's own phonemizer does, up to this: where eSpeak ends a sentence inside
 * of it, after an abbreviation, that end is a space and no full stop.
 * `[[ … ]]` holds phonemes as they are.
 * @param text one sentence
 * @param voice a name of eSpeak's
 * @param wordAt the number of the word that an index of the sentence lies in
 * @throws E_VOICE
 */
export function readSentence(
  espeak: Espeak,
  text: string,
  voice: string,
  wordAt: (index: number) => number = findWords(text).at,
): Sign[] {
  const signs: Sign[] = [];
  let start = 0;
  for (const { 0: block, 1: inside, index } of text.matchAll(/\[\[(.*?)\]\]/gs)) {
    const before = text.slice(start, index);
    signs.push(...readPart(espeak, before, voice, from(start)));
    const word = wordAt(index);
    const raw = [...inside.trim()].map((value) => ({ value, word }));
    start = index + block.length;
    if (/\s$/.test(before)) signs.push({ value: ' ', word });
    signs.push(...raw);
    if (/^\s/.test(text.slice(start))) signs.push({ value: ' ', word });
  }
  signs.push(...readPart(espeak, text.slice(start), voice, from(start)));
  const isSpace = (at: number): boolean => signs[at]?.value === ' ';
  return signs.filter((_, at) => !isSpace(at) || (at > 0 && !isSpace(at - 1)));

  function from(offset: number): (index: number) => number {
    return (index) => wordAt(offset + index);
  }
}

/** @param wordAt the number of the word that an index of the part lies in */
function readPart(
  espeak: Espeak,
  text: string,
  voice: string,
  wordAt: (index: number) => number,
): Sign[] {
  if (!/\S/.test(text)) return [];
  const { spoken, origins } = plainText(text, false);
  const { phonemes, events } = espeak.read(spoken, voice);
  const characters = [...spoken];
  const read = phonemes.split(' | ');
  const clauses = clausesOf(events);
  const signs: Sign[] = [];
  let word = wordAt(0);
  read.forEach((clause, index) => {
    // Where the two do not agree, only what is certain is taken: the end of the whole.
    const isLast = index === read.length - 1;
    const heard = clauses.length === read.length ? clauses[index] : undefined;
    const end = heard?.end ?? (isLast ? characters.length : undefined);
    const mark = end === undefined ? '' : terminator(characters, end);
    const phones = clause.split(/([ _])/).filter((part) => part !== '_' && part !== '');
    const wordOf = wordsOf(phones, heard, (position) => {
      return wordAt(origins[Math.min(Math.max(position - 1, 0), origins.length - 1)] ?? 0);
    });
    phones.forEach((phone, at) => {
      word = Math.max(word, wordOf[at] ?? word);
      for (const value of phone.replace(FLAGS, '').normalize('NFD')) signs.push({ value, word });
    });
    const isInner = !isLast && (heard?.endsSentence ?? false);
    if (mark && !(isInner && mark === '.')) signs.push({ value: mark, word });
    // After a full stop that is none, and where words would otherwise run together.
    if (!isLast && signs.at(-1)?.value !== ' ') signs.push({ value: ' ', word });
  });
  return signs;
}

/** The word of each phone: that of the phone which is heard for it while the clause is spoken. */
function wordsOf(
  phones: readonly string[],
  heard: Clause | undefined,
  wordAt: (position: number) => number,
): (number | undefined)[] {
  if (!heard) return [];
  const plain = (phone: string): string => phone.replace(/[ˈˌ]/g, '');
  const sounds = heard.phones.map(({ id }) => plain(id));
  const written = phones.map(plain);
  const matches = align(written, sounds, (a, b) => (a === b ? 0 : 1));
  return matches.map((match, at) => {
    const found = match === undefined || phones[at] === ' ' ? undefined : heard.phones[match];
    return found && wordAt(found.position);
  });
}
