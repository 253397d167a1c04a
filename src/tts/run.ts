import path from 'node:path';
import { WavWriter } from '../av/wav';
import {
  LIMITS,
  LipwireError,
  describe,
  makeNote,
  throwIfCancelled,
  type Cue,
  type Note,
  type RunOf,
  type StageContext,
} from '../contract';
import { readMarkup, type MarkedText } from '../phonetics/markup';
import { normalise } from '../phonetics/normalise/normalise';
import { cuesAsWritten, joinRewritings, rewrite, type Rewriting } from '../phonetics/rewriting';
import { isSpeakable } from '../phonetics/script';
import { chooseEngine, type Choice } from './choose';
import type { SpokenPiece, VoiceWish } from './engine';
import { TTS_ENGINES } from './engines';
import { audibleSpan } from './sound';
import { tts, type TtsParameters } from './stage';

/**
 * Text to speech: `speech.wav` with phoneme and word cues. What the text itself says of language,
 * voice and pause wins over the parameters.
 */
export const run: RunOf<typeof tts> = async (input, parameters, context) => {
  const marked = readMarkup(input.text);
  const { text } = marked;
  context.progress({ type: 'preparing', what: 'the voice' });
  if (!isSpeakable(text)) throw nothingToSay(input.text);
  const wish = {
    text,
    marked,
    voice: input.voice || parameters.voice,
    language: input.language || parameters.language,
    parameters,
    settings: context.settings,
  };
  const file = path.join(context.folder, 'speech.wav');
  const { spoken, engine, voice, notes } = await speakOrFallBack(wish, file, input.pause, context);
  return {
    kind: 'speech',
    file,
    duration: spoken.duration,
    sampleRate: spoken.sampleRate,
    channels: 1,
    text,
    language: voice.language,
    voice: voice.id,
    engine: engine.id,
    cues: spoken.cues,
    ...(notes.length > 0 && { notes }),
  };
};

interface Spoken extends Omit<Choice, 'notes'> {
  spoken: WrittenSpeech;
  notes: Note[];
}

type Wish = VoiceWish & { parameters: TtsParameters; marked: MarkedText };

/** Seconds after which a server that failed is asked again. */
const FALLBACK_KEPT = 60;

/**
 * Speaks with the engine that is asked for. Where its server fails, the fallback speaks in its place,
 * if one is set, and says so; the cache soon forgets that.
 */
async function speakOrFallBack(
  wish: Wish,
  file: string,
  pause: number | undefined,
  context: StageContext,
): Promise<Spoken> {
  const { engine, fallback } = wish.parameters;
  try {
    return await speakWith(engine, wish, file, pause, context);
  } catch (error) {
    throwIfCancelled(context.signal);
    const isServers = error instanceof LipwireError && FALLS_BACK.includes(error.code);
    if (!isServers || fallback === 'none' || fallback === engine) throw error;
    // The voice has a name that only its server knows.
    const plain = { ...wish, voice: '' };
    const made = await speakWith(fallback, plain, file, pause, context);
    context.keepFor?.(FALLBACK_KEPT);
    const said = makeNote('N_FALLBACK', { engine: made.engine.title, why: error.message });
    return { ...made, notes: [said, ...made.notes] };
  }
}

/** A server fails, or none is set up. */
const FALLS_BACK: readonly string[] = ['E_SERVER', 'E_MODEL_MISSING'];

async function speakWith(
  asked: string,
  wish: Wish,
  file: string,
  ownPause: number | undefined,
  context: StageContext,
): Promise<Spoken> {
  const { text, marked, parameters, settings } = wish;
  const { signal } = context;
  const choice = await chooseEngine(TTS_ENGINES, asked, wish);
  const { engine, voice, notes } = choice;
  const { pitch } = parameters;
  const unread = marked.replacements.filter((one) => !engine.readsIpa && isIpa(one));
  const readable = marked.replacements.filter((one) => !unread.includes(one));
  const { parts, silence } = partsOf(
    { ...marked, replacements: readable },
    parameters,
    voice.language,
  );
  const pieces = speakParts(parts, (part, index) => {
    const progress = (done: number, total: number): void => {
      const steps = Math.floor(100 * (index + done / Math.max(1, total)));
      if (parts.length === 1) context.progress({ type: 'running', done, total, unit: 'steps' });
      else {
        const all = 100 * parts.length;
        context.progress({ type: 'running', done: steps, total: all, unit: 'steps' });
      }
    };
    const { spoken: said } = part.rewriting;
    const request = { text: said, voice, rate: part.rate, pitch, parameters, settings, progress };
    return engine.speak(request, signal);
  });
  const pause = (ownPause ?? parameters.pause) + silence;
  const lead = parameters.lead + (parts[0]?.silence ?? 0);
  const spoken = await writeSpeech(pieces, file, { text, lead, pause }, signal);
  const whole = joinRewritings(parts.map(({ rewriting }) => rewriting));
  spoken.cues = cuesAsWritten(spoken.cues, whole);
  if (unread.length > 0) notes.push(`${engine.title} reads no IPA: ${IPA_REMEDY}`);
  const said = [...notes, ...spoken.notes].map((what) => makeNote('N_VOICE', { what }));
  return { ...choice, spoken, notes: said };
}

const IPA_REMEDY =
  'words with phonemes of their own are read as they are written; use Piper or Kokoro.';

function isIpa({ spoken }: { spoken: string }): boolean {
  return spoken.startsWith('[[');
}

/** A part of the text that is spoken at one rate, and the silence before it. */
interface Part {
  rewriting: Rewriting;
  /** Words a minute. */
  rate: number;
  /** Seconds. */
  silence: number;
}

/** The parts between breaks and changes of rate, and the seconds of silence that come last. */
function partsOf(
  marked: MarkedText,
  parameters: TtsParameters,
  language: string,
): { parts: Part[]; silence: number } {
  const { text, breaks, rates } = marked;
  const replacements = [...marked.replacements, ...normalise(text, language, parameters.emoji)];
  const edges = [...breaks.map(({ at }) => at), ...rates.flatMap(({ start, end }) => [start, end])];
  const apart = edges.filter((at) =>
    replacements.every(({ start, end }) => at <= start || at >= end),
  );
  const cuts = [...new Set([0, ...apart, text.length])].sort((a, b) => a - b);
  const silenceAt = (at: number): number =>
    breaks.filter((one) => one.at === at).reduce((sum, { seconds }) => sum + seconds, 0);
  const parts: Part[] = [];
  let silence = silenceAt(0);
  for (let index = 0; index + 1 < cuts.length; index++) {
    const [start, end] = [cuts[index], cuts[index + 1]];
    const written = text.slice(start, end);
    if (isSpeakable(written)) {
      const inside = replacements.filter((one) => one.start >= start && one.end <= end);
      const moved = inside.map((one) => ({
        ...one,
        start: one.start - start,
        end: one.end - start,
      }));
      const { min, max } = tts.parameters.rate;
      const factor = rates
        .filter((one) => one.start <= start && one.end >= end)
        .reduce((product, one) => product * one.factor, 1);
      const rate = Math.round(Math.min(max, Math.max(min, parameters.rate * factor)));
      parts.push({ rewriting: rewrite(written, moved), rate, silence });
      silence = 0;
    }
    silence += end > 0 ? silenceAt(end) : 0;
  }
  return { parts, silence };
}

async function* speakParts(
  parts: readonly Part[],
  speak: (part: Part, index: number) => AsyncIterable<SpokenPiece>,
): AsyncIterable<SpokenPiece> {
  let rate = 0;
  for (const [index, part] of parts.entries()) {
    const samples = index > 0 ? Math.round(part.silence * rate) : 0;
    if (samples > 0) yield { samples: new Int16Array(samples), sampleRate: rate };
    for await (const piece of speak(part, index)) {
      rate = piece.sampleRate;
      yield piece;
    }
  }
}

interface WrittenSpeech {
  /** Seconds. */
  duration: number;
  sampleRate: number;
  /** In order of time; seconds. */
  cues: Cue[];
  notes: string[];
}

/**
 * Writes pieces into a mono 16-bit WAV file: `lead` seconds of silence, the speech from its first to
 * its last audible sample, `pause` seconds of silence.
 * @throws E_INPUT when nothing is heard or the speech is too long, E_CANCELLED
 */
export async function writeSpeech(
  pieces: AsyncIterable<SpokenPiece>,
  file: string,
  { text, lead, pause }: { text: string; lead: number; pause: number },
  signal: AbortSignal,
): Promise<WrittenSpeech> {
  const cues: Cue[] = [];
  const notes = new Set<string>();
  /** Silence that is written when more sound comes. */
  const held: Int16Array[] = [];
  let writer: WavWriter | undefined;
  let rate = 0;
  try {
    for await (const { samples, sampleRate, cues: heard = [], note } of pieces) {
      throwIfCancelled(signal);
      if (note) notes.add(note);
      if (writer && sampleRate !== rate) throw otherRate(rate, sampleRate);
      const { start, end } = audibleSpan(samples);
      let from = start;
      if (end > 0 && !writer) {
        rate = sampleRate;
        writer = await WavWriter.create(file, rate);
        await writer.writeSilence(Math.round(lead * rate));
      } else {
        from = 0;
      }
      if (writer && end > 0) {
        for (const silence of held.splice(0)) await writer.write(silence);
        const offset = (writer.samples - from) / rate;
        await writer.write(samples.subarray(from, end));
        appendCues(cues, heard, offset, writer.samples / rate);
        checkLength(writer.samples / rate);
      }
      if (writer) held.push(samples.subarray(end));
    }
    throwIfCancelled(signal);
    if (!writer) throw nothingToSay(text);
    await writer.writeSilence(Math.round(pause * rate));
    await writer.finish();
    return { duration: writer.samples / rate, sampleRate: rate, cues, notes: [...notes] };
  } finally {
    await writer?.close();
  }
}

/**
 * Moves cues to their place in the file. They stay in order, do not overlap, and end with the sound;
 * the closure of a first stop may reach into the silence before.
 * @param last end of the sound in seconds
 */
function appendCues(cues: Cue[], heard: readonly Cue[], offset: number, last: number): void {
  const ends = { phoneme: 0, word: 0 };
  for (const type of ['phoneme', 'word'] as const) {
    ends[type] = cues.findLast((cue) => cue.type === type)?.end ?? 0;
  }
  for (const { type, value, start, end } of heard) {
    const from = Math.max(ends[type], roundDown(start + offset));
    const to = roundDown(Math.min(end + offset, last));
    if (to <= from) continue;
    cues.push({ type, value, start: from, end: to });
    ends[type] = to;
  }
}

/** Tenths of a millisecond, rounded down so that nothing reaches beyond the end of the sound. */
function roundDown(seconds: number): number {
  return Math.floor(Math.max(0, seconds) * 1e4 + 1e-6) / 1e4;
}

function checkLength(duration: number): void {
  if (duration <= LIMITS.duration) return;
  throw new LipwireError(
    'E_INPUT',
    `Expected a text of at most ${LIMITS.duration / 3600} hours of speech but received more; split it with text-segment.`,
  );
}

function otherRate(first: number, then: number): LipwireError {
  return new LipwireError(
    'E_SERVER',
    `Expected all of the speech at ${first} Hz but a later part came at ${then} Hz; set the voice's server to one rate.`,
  );
}

function nothingToSay(text: string): LipwireError {
  return new LipwireError(
    'E_INPUT',
    `Expected a text with something to say but received ${describe(text)}, in which this voice finds nothing to speak; give it letters or digits.`,
  );
}
