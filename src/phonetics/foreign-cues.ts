/**
 * Cues that other programs made, as cues of ours: mouth shapes become the phonemes that make them. Forms:
 * our own; Azure's visemes (0 to 21); Amazon Polly's speech marks; Rhubarb's TSV and JSON (A to H, X); the
 * fifteen visemes of Oculus and OpenXR, also as HeadTTS sends them; ElevenLabs' times of characters; words
 * as recognisers give them. Sources: the documentation of these services.
 */
import { type Cue, inputError } from '../contract';

/** Azure's viseme ids, in order: a phoneme that looks like each; 0 is silence. */
const AZURE = [
  ...[
    '',
    'ə',
    'ɑ',
    'ɔ',
    'ɛ',
    'ɝ',
    'i',
    'w',
    'o',
    'aʊ',
    'ɔɪ',
    'aɪ',
    'h',
    'ɹ',
    'l',
    's',
    'ʃ',
    'θ',
    'f',
  ],
  ...['d', 'k', 'p'],
];

const OCULUS: Record<string, string> = {
  ...{ sil: '', PP: 'p', FF: 'f', TH: 'θ', DD: 'd', kk: 'k', CH: 'tʃ', SS: 's', nn: 'n', RR: 'ɹ' },
  ...{ aa: 'ɑ', E: 'ɛ', I: 'ɪ', O: 'ɔ', U: 'u' },
};
const OCULUS_LONG: Record<string, string> = { ih: 'ɪ', oh: 'ɔ', ou: 'u', silence: '' };

const RHUBARB: Record<string, string> = {
  ...{ A: 'm', B: 's', C: 'ɛ', D: 'ɑ', E: 'ɔ', F: 'u', G: 'f', H: 'l', X: '' },
};

const POLLY: Record<string, string> = {
  ...{ p: 'p', t: 't', S: 'ʃ', T: 'θ', f: 'f', k: 'k', i: 'i', r: 'ɹ', s: 's', u: 'u', '@': 'ə' },
  ...{ a: 'a', e: 'e', E: 'ɛ', o: 'o', O: 'ɔ', sil: '' },
};

/** Seconds that a last cue without an end lasts. */
const LAST = 0.2;
/** More cues than any speech has. */
const MOST = 1_000_000;

type Entry = Record<string, unknown>;

/** A phoneme or a word; an end that is not known is that of the next one. */
interface Draft {
  type: 'phoneme' | 'word';
  /** Empty: silence. */
  value: string;
  start: number;
  end?: number;
}

/**
 * Cues of any of these forms as our own, in order of time.
 * @param field how errors call them
 * @throws E_INPUT for what is none of them, and for times that are none
 */
export function takeCues(value: unknown, field = 'msg.cues'): Cue[] {
  const drafts = draftsOf(value, field);
  if (drafts.length > MOST) throw inputError(field, `at most ${MOST} cues`, drafts.length);
  for (const { start, end = start } of drafts) {
    if (Number.isFinite(start) && Number.isFinite(end) && start >= 0 && end >= start) continue;
    throw inputError(field, 'times in order, in seconds from 0', `${start} to ${end}`);
  }
  return finish(drafts);
}

const FORMS =
  'cues as lipwire, Azure, Polly, Rhubarb, Oculus, HeadTTS or ElevenLabs give them (see docs/voices.md)';

function draftsOf(value: unknown, field: string): Draft[] {
  const refuse = (received: unknown) => inputError(field, FORMS, received);
  if (typeof value === 'string' || Buffer.isBuffer(value)) return fromText(String(value), refuse);
  if (Array.isArray(value)) {
    return value.map((entry: unknown, index) => {
      if (typeof entry !== 'object' || entry === null) throw refuse(entry);
      return fromEntry(entry as Entry, (received) =>
        inputError(`${field}[${index}]`, FORMS, received),
      );
    });
  }
  if (typeof value !== 'object' || value === null) throw refuse(value);
  const { cues, mouthCues, visemes, words, alignment, characters } = value as Entry;
  if (Array.isArray(mouthCues)) return draftsOf(mouthCues, `${field}.mouthCues`);
  if (Array.isArray(cues)) return draftsOf(cues, `${field}.cues`);
  if (Array.isArray(characters)) return fromCharacters(value as Entry, refuse);
  if (typeof alignment === 'object' && alignment !== null) {
    return fromCharacters(alignment as Entry, refuse);
  }
  if (Array.isArray(visemes) && Array.isArray((value as Entry)['vtimes'])) {
    return fromHeadTts(value as Entry, refuse);
  }
  if (Array.isArray(visemes)) return draftsOf(visemes, `${field}.visemes`);
  if (Array.isArray(words)) return draftsOf(words, `${field}.words`);
  throw refuse(value);
}

/** JSON, JSON lines, or Rhubarb's TSV. */
function fromText(text: string, refuse: (received: unknown) => Error): Draft[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (lines.length > 0 && lines.every((line) => /^[\d.]+\t[A-HX]\s*$/.test(line))) {
    return lines.map((line) => {
      const [start, shape] = line.split('\t');
      return { type: 'phoneme', value: RHUBARB[shape.trim()], start: Number(start) };
    });
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    try {
      parsed = lines.map((line) => JSON.parse(line) as unknown);
    } catch {
      throw refuse(text);
    }
  }
  if (typeof parsed === 'string') throw refuse(text);
  return draftsOf(isEntry(parsed) && !hasList(parsed) ? [parsed] : parsed, 'msg.cues');
}

function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasList(entry: Entry): boolean {
  return Object.values(entry).some((each) => typeof each === 'object');
}

function fromEntry(entry: Entry, refuse: (received: unknown) => Error): Draft {
  const number = (...names: string[]): number | undefined => {
    const found = names.map((name) => entry[name]).find((each) => typeof each === 'number');
    return found as number | undefined;
  };
  const { type, audioOffset, time } = entry;
  // Azure: ticks of 100 ns.
  const azure = entry['visemeId'] ?? entry['VisemeId'];
  if (typeof azure === 'number') {
    const value = AZURE[azure] as string | undefined;
    const ticks = number('audioOffset', 'AudioOffset');
    if (value === undefined || ticks === undefined) throw refuse(entry);
    return { type: 'phoneme', value, start: ticks / 1e7 };
  }
  // Polly: milliseconds; its `start` and `end` are places in the text.
  if (typeof time === 'number' && typeof type === 'string' && audioOffset === undefined) {
    if (type === 'viseme') {
      const value = POLLY[String(entry['value'])] as string | undefined;
      if (value === undefined) throw refuse(entry);
      return { type: 'phoneme', value, start: time / 1000 };
    }
    if (type === 'word') return { type, value: String(entry['value']), start: time / 1000 };
    // Sentences and SSML marks are no cues.
    return { type: 'word', value: '', start: time / 1000 };
  }
  const start = number('start', 'start_time', 'startTime', 'time');
  const end = number('end', 'end_time', 'endTime');
  const given = [entry['value'], entry['viseme'], entry['phoneme'], entry['word'], entry['text']];
  const value = given.find((each): each is string => typeof each === 'string');
  if (start === undefined || value === undefined) throw refuse(entry);
  const times = { start, ...(end !== undefined && { end }) };
  if (type === 'word' || typeof entry['word'] === 'string' || typeof entry['text'] === 'string') {
    return { type: 'word', value: value.trim(), ...times };
  }
  if (type === 'phoneme' || typeof entry['phoneme'] === 'string') {
    return { type: 'phoneme', value, ...times };
  }
  const shape = [OCULUS, OCULUS_LONG, RHUBARB].map((table) => table[value] as string | undefined);
  const found = isRhubarb(entry) ? shape[2] : (shape[0] ?? shape[1] ?? shape[2]);
  if (found === undefined) throw refuse(entry);
  return { type: 'phoneme', value: found, ...times };
}

/** Of the letters that Rhubarb and Oculus share (E), those under `value` are Rhubarb's. */
function isRhubarb(entry: Entry): boolean {
  return (
    entry['type'] === undefined &&
    typeof entry['value'] === 'string' &&
    /^[A-HX]$/.test(entry['value'])
  );
}

/** Milliseconds, with a list for each column. */
function fromHeadTts(value: Entry, refuse: (received: unknown) => Error): Draft[] {
  const column = (name: string): unknown[] => (Array.isArray(value[name]) ? value[name] : []);
  const read = (type: Draft['type'], names: [string, string, string]): Draft[] => {
    const [values, starts, lengths] = names.map(column);
    return values.map((each, index): Draft => {
      const called = String(each);
      const shape = (OCULUS[called] ?? OCULUS_LONG[called]) as string | undefined;
      const text = type === 'word' ? called.trim() : shape;
      const [start, length] = [Number(starts[index]) / 1000, Number(lengths[index]) / 1000];
      if (text === undefined) throw refuse(each);
      return { type, value: text, start, end: start + length };
    });
  };
  return [
    ...read('word', ['words', 'wtimes', 'wdurations']),
    ...read('phoneme', ['visemes', 'vtimes', 'vdurations']),
  ];
}

/** Letters by the sound that they stand for in most languages that are written with them. */
const LETTERS: [pattern: RegExp, sound: string][] = [
  [/^(sch|sh|ch)/, 'ʃ'],
  [/^(th|þ|ð|θ)/, 'θ'],
  [/^(ph|f|v|ф)/, 'f'],
  [/^(oo|ou|u|ü|ű|ù|ú|û|у|ю)/, 'u'],
  [/^(ee|ie|ii|i|í|ì|î|ï|y|и|і|й)/, 'i'],
  [/^(ng)/, 'ŋ'],
  [/^(qu|w)/, 'w'],
  [/^(a|à|á|â|ä|å|ã|ā|а|я|α)/, 'a'],
  [/^(e|è|é|ê|ë|ę|ē|е|э|ё|ε)/, 'ɛ'],
  [/^(o|ò|ó|ô|ö|ő|õ|ø|о|ο|ω)/, 'o'],
  [/^(m|м|μ)/, 'm'],
  [/^(b|p|б|п|β|π)/, 'p'],
  [/^(l|ł|л|λ)/, 'l'],
  [/^(n|ñ|ń|н|ν)/, 'n'],
  [/^(r|ř|р|ρ)/, 'ɹ'],
  [/^(s|z|c|ç|š|ž|ś|x|ß|с|з|ц|σ|ς|ζ)/, 's'],
  [/^(j|ж|ш|щ|ч)/, 'ʃ'],
  [/^(t|d|т|д|τ|δ)/, 't'],
  [/^(k|g|q|к|г|х|κ|γ|χ)/, 'k'],
  [/^(h)/, 'h'],
];

/** Words and, where the letters tell them, sounds, from the times of characters. */
function fromCharacters(value: Entry, refuse: (received: unknown) => Error): Draft[] {
  const column = (name: string): unknown[] => (Array.isArray(value[name]) ? value[name] : []);
  const characters = column('characters');
  const starts = column('character_start_times_seconds');
  const ends = column('character_end_times_seconds');
  if (starts.length !== characters.length || ends.length !== characters.length) throw refuse(value);
  const times = characters.map((each, index) => ({
    letter: String(each),
    start: Number(starts[index]),
    end: Number(ends[index]),
  }));
  return characterDrafts(times);
}

interface TimedCharacter {
  letter: string;
  start: number;
  end: number;
}

function characterDrafts(characters: readonly TimedCharacter[]): Draft[] {
  const drafts: Draft[] = [];
  for (let first = 0; first < characters.length;) {
    if (!/[\p{L}\p{N}]/u.test(characters[first].letter)) {
      first++;
      continue;
    }
    let next = first;
    while (next < characters.length && /[\p{L}\p{M}\p{N}'’-]/u.test(characters[next].letter))
      next++;
    const word = characters.slice(first, next);
    const text = word.map(({ letter }) => letter).join('');
    const value = text.replace(/['’-]+$/, '');
    drafts.push({ type: 'word', value, start: word[0].start, end: word[word.length - 1].end });
    drafts.push(...letterDrafts(word));
    first = next;
  }
  return drafts;
}

function letterDrafts(word: readonly TimedCharacter[]): Draft[] {
  const drafts: Draft[] = [];
  for (let at = 0; at < word.length;) {
    const rest = word
      .slice(at)
      .map(({ letter }) => letter)
      .join('')
      .toLowerCase();
    const found = LETTERS.map(([pattern, sound]) => ({ match: pattern.exec(rest), sound })).find(
      ({ match }) => match,
    );
    const length = Math.min(word.length - at, Math.max(1, [...(found?.match?.[0] ?? ' ')].length));
    // An e at the end of a word of some length is mostly mute.
    const isMute = rest === 'e' && at > 2;
    if (found && !isMute) {
      const end = word[at + length - 1].end;
      drafts.push({ type: 'phoneme', value: found.sound, start: word[at].start, end });
    }
    at += length;
  }
  return drafts;
}

/** In order, each word before its sounds; ends that are not known are the next start. */
function finish(drafts: readonly Draft[]): Cue[] {
  const order = { word: 0, phoneme: 1 };
  const sorted = [...drafts].sort((a, b) => a.start - b.start || order[a.type] - order[b.type]);
  const next: Partial<Record<Draft['type'], number>> = {};
  const cues: Cue[] = [];
  for (const { type, value, start, end } of sorted.reverse()) {
    const following = next[type];
    const until = Math.min(end ?? following ?? start + LAST, following ?? Infinity);
    next[type] = start;
    if (value.trim() !== '' && until > start) cues.push({ type, value, start, end: until });
  }
  return cues.reverse();
}
