/** Text to sound with cues, by Flite. */
import { fork, type ChildProcess, type ForkOptions } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { LipwireError, throwIfCancelled } from '../../contract';
import { align } from '../align';
import { chunks, type Chunk } from '../chunks';
import type { SpeakRequest, SpokenPiece } from '../engine';
import { findWords, soundCues, type Sound } from '../words';
import { readable } from './text';
import type { FliteAnswer, FliteResult, FliteTask } from './process';
import { pitchFactor } from '../sound';

/** Words a minute at which each voice speaks by itself, on the scale that eSpeak NG defines. */
const NATURAL: Record<string, number> = { slt: 190, rms: 162, awb: 185, kal16: 190, kal: 190 };

/** Seconds of silence after a piece of a long text. */
const PAUSES: Record<Chunk['end'], number> = {
  paragraph: 0.6,
  sentence: 0.35,
  clause: 0.2,
  word: 0.04,
};

/** Seconds that a piece keeps before its first sound and after its last. */
const ONSET = 0.01;
const DECAY = 0.05;

/** Seconds in which a piece fades in and out, so that its edges make no click. */
const FADE = 0.008;

const PROCESS = path.join(__dirname, `process${path.extname(__filename)}`);
const OPTIONS: ForkOptions = {
  // A fork of a process that runs TypeScript needs its loader.
  execArgv: PROCESS.endsWith('.ts') ? ['--require', 'tsx/cjs'] : [],
  serialization: 'advanced',
  stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
};

/** Speaks a text in pieces of one utterance each. */
export async function* speak(
  program: string,
  { text, voice: { id }, rate, pitch, progress }: SpeakRequest,
  signal: AbortSignal,
): AsyncGenerator<SpokenPiece> {
  const process = fork(PROCESS, [program], OPTIONS);
  const settings = { voice: id, stretch: NATURAL[id] / rate, shift: pitchFactor(pitch) };
  try {
    const pieces = chunks(text);
    let gap = 0;
    for (const [index, piece] of pieces.entries()) {
      const { spoken, unread } = readable(piece.text);
      if (spoken) {
        const words = wordsOf(piece.text);
        const spelt = words.map((word) => word.spoken);
        const task = { ...settings, text: spoken, words: spelt };
        const answer = await ask(process, task, signal);
        const sounds = soundsOf(answer, words);
        const said = cut(answer, sounds, gap);
        const cues = soundCues(sounds, piece.text, (time) => time + said.offset);
        const note = unread ? NOT_READ : undefined;
        yield { samples: said.samples, sampleRate: answer.sampleRate, cues, note };
        gap = PAUSES[piece.end] * Math.min(2, settings.stretch);
      }
      progress(index + 1, pieces.length);
    }
  } finally {
    if (process.kill('SIGKILL')) await once(process, 'exit');
  }
}

const NOT_READ = 'Flite reads English only: letters of other scripts were left out.';

/** @throws E_CANCELLED, E_MODEL_INVALID when Flite fails */
async function ask(
  process: ChildProcess,
  task: FliteTask,
  signal: AbortSignal,
): Promise<FliteAnswer> {
  throwIfCancelled(signal);
  const ended = new AbortController();
  const end = (): void => ended.abort();
  process.once('exit', end);
  try {
    process.send(task);
    const stop = AbortSignal.any([signal, ended.signal]);
    const [answer] = (await once(process, 'message', { signal: stop })) as [FliteResult];
    if (!('error' in answer)) return answer;
    throw new Error(answer.error);
  } catch (error) {
    throwIfCancelled(signal);
    const reason = ended.signal.aborted ? 'its process ended' : (error as Error).message;
    throw new LipwireError(
      'E_MODEL_INVALID',
      `Expected Flite to speak but it failed (${reason}); set the engine to espeak.`,
      { cause: error },
    );
  } finally {
    process.off('exit', end);
  }
}

/**
 * What was said after a gap in seconds, and by how much its times move. What lies before the first
 * sound and after the last is cut off: the voices are not silent there.
 */
function cut({ samples, sampleRate }: FliteAnswer, sounds: readonly Sound[], gap: number) {
  const at = (seconds: number): number =>
    Math.max(0, Math.min(samples.length, Math.round(seconds * sampleRate)));
  const start = at((sounds[0]?.start ?? 0) - ONSET);
  const end = at((sounds.at(-1)?.end ?? 0) + DECAY);
  const silence = Math.round(gap * sampleRate);
  const said = new Int16Array(silence + end - start);
  said.set(samples.subarray(start, end), silence);
  const fade = Math.min(Math.round(FADE * sampleRate), (end - start) >> 1);
  for (let i = 0; i < fade; i++) {
    said[silence + i] *= i / fade;
    said[said.length - 1 - i] *= i / fade;
  }
  return { samples: said, offset: (silence - start) / sampleRate };
}

interface SpokenWord {
  /** As Flite is given it. */
  spoken: string;
  /** Its number in {@link findWords}. */
  number: number;
}

/** The words of a text that Flite says something for. */
function wordsOf(text: string): SpokenWord[] {
  const finder = findWords(text);
  return [...text.matchAll(/\S+/g)].flatMap(({ 0: written, index }) => {
    const { spoken } = readable(written);
    return spoken ? [{ spoken, number: finder.at(index) }] : [];
  });
}

/** A phone of a word that is read alone. */
interface ReadPhone {
  name: string;
  isStressed: boolean;
  word: number;
}

/** What is heard, with the word that each sound belongs to. Times are seconds. */
function soundsOf({ phones, words: lines }: FliteAnswer, words: readonly SpokenWord[]): Sound[] {
  const read = lines.flatMap((names, line) =>
    names.map((name): ReadPhone => {
      const isStressed = name.endsWith('1');
      const number = words[Math.min(line, words.length - 1)].number;
      return { name: name.replace(/\d$/, ''), isStressed, word: number };
    }),
  );
  const heard = phones
    .map(({ name, end }, index) => ({ name, start: phones[index - 1]?.end ?? 0, end }))
    .filter(({ name }) => name in IPA);
  // They differ where neighbours matter: "the apple", "Dr. Smith", "Jan. 3rd".
  const matches = align(heard, read, (one, other) => difference(one.name, other.name));
  let word = read[matches.find((match) => match !== undefined) ?? 0]?.word ?? 0;
  return heard.map(({ name, start, end }, index) => {
    const match = read[matches[index] ?? -1] as ReadPhone | undefined;
    word = match?.word ?? word;
    return { value: ipaOf(name, match?.isStressed ?? false), start, end, word };
  });
}

function difference(heard: string, read: string): number {
  if (heard === read) return 0;
  return VOWELS.has(heard) === VOWELS.has(read) ? 0.6 : 1.3;
}

/** CMU's phones in IPA, as eSpeak NG writes American English; pauses are none. */
export const IPA: Record<string, string> = {
  ...{ aa: 'ɑː', ae: 'æ', ah: 'ʌ', ao: 'ɔː', aw: 'aʊ', ax: 'ə', ay: 'aɪ', eh: 'ɛ', er: 'ɜː' },
  ...{ ey: 'eɪ', ih: 'ɪ', iy: 'iː', ow: 'oʊ', oy: 'ɔɪ', uh: 'ʊ', uw: 'uː' },
  ...{ b: 'b', ch: 'tʃ', d: 'd', dh: 'ð', dx: 'ɾ', f: 'f', g: 'ɡ', hh: 'h', jh: 'dʒ', k: 'k' },
  ...{ l: 'l', m: 'm', n: 'n', ng: 'ŋ', p: 'p', r: 'ɹ', s: 's', sh: 'ʃ', t: 't', th: 'θ' },
  ...{ v: 'v', w: 'w', y: 'j', z: 'z', zh: 'ʒ' },
};
const VOWELS = new Set('aa ae ah ao aw ax ay eh er ey ih iy ow oy uh uw'.split(' '));
const UNSTRESSED: Record<string, string> = { ah: 'ə', er: 'ɚ', iy: 'i' };

function ipaOf(name: string, isStressed: boolean): string {
  if (isStressed && VOWELS.has(name)) return `ˈ${IPA[name]}`;
  return UNSTRESSED[name] ?? IPA[name];
}
