/** Text to a WAV file with cues, by eSpeak NG. */
import { LIMITS, LipwireError, describe, throwIfCancelled, type Cue } from '../../contract';
import { WavWriter } from '../../av/wav';
import { isSpeakable } from '../../phonetics/script';
import { chunks, type Chunk } from './chunks';
import { audibleSpan, utteranceCues } from './cues';
import type { Espeak } from './espeak';
import { plainText } from '../plain-text';
import type { ChosenVoice } from './voices';

export interface SpeakSettings {
  voice: ChosenVoice;
  /** Words a minute. */
  rate: number;
  /** 0…99 */
  pitch: number;
  /** Silence before and after in seconds, exact to the sample. */
  lead: number;
  pause: number;
}

export interface SpeakContext {
  signal: AbortSignal;
  onProgress(done: number, total: number): void;
}

export interface SpokenFile {
  /** Seconds. */
  duration: number;
  sampleRate: number;
  /** In order of time; seconds. */
  cues: Cue[];
}

/** Pauses between pieces of a long text, in pauses at a comma; eSpeak's own proportions. */
const PAUSES: Record<Chunk['end'], number> = { paragraph: 3.5, sentence: 2, clause: 1, word: 0.2 };

/**
 * Speaks text into a mono 16-bit WAV file: `lead` seconds of silence, the speech from its first to
 * its last audible sample, `pause` seconds of silence.
 * @throws E_INPUT when nothing of the text can be spoken or the speech is too long, E_CANCELLED
 */
export async function speak(
  espeak: Espeak,
  text: string,
  file: string,
  settings: SpeakSettings,
  context: SpeakContext,
): Promise<SpokenFile> {
  if (!isSpeakable(text)) throw nothingToSay(text);
  const { sampleRate } = espeak;
  const writer = await WavWriter.create(file, sampleRate);
  try {
    await writer.writeSilence(Math.round(settings.lead * sampleRate));
    const cues = await speakChunks(espeak, text, writer, settings, context);
    if (cues === undefined) throw nothingToSay(text);
    await writer.writeSilence(Math.round(settings.pause * sampleRate));
    await writer.finish();
    return { duration: writer.samples / sampleRate, sampleRate, cues };
  } finally {
    await writer.close();
  }
}

/** Speaks piece by piece; undefined when nothing was heard. */
async function speakChunks(
  espeak: Espeak,
  text: string,
  writer: WavWriter,
  settings: SpeakSettings,
  context: SpeakContext,
): Promise<Cue[] | undefined> {
  const { sampleRate } = espeak;
  const voice = { voice: settings.voice.identifier, rate: settings.rate, pitch: settings.pitch };
  const pieces = chunks(text);
  const comma = pieces.length > 1 ? commaPause(espeak, voice) : 0;
  const cues: Cue[] = [];
  let gap: number | undefined;
  for (const [index, piece] of pieces.entries()) {
    throwIfCancelled(context.signal);
    const plain = plainText(piece.text);
    const spoken = espeak.speak({ text: plain.spoken, ...voice });
    const span = audibleSpan(spoken.samples);
    if (span.end > 0) {
      if (gap !== undefined) await writer.writeSilence(gap);
      const offset = writer.samples - span.start;
      const language = settings.voice.espeakLanguage;
      const heard = utteranceCues(spoken, piece.text, plain, language, sampleRate);
      appendCues(cues, heard, offset, writer.samples + span.end - span.start, sampleRate);
      await writer.write(spoken.samples.subarray(span.start, span.end));
      checkLength(writer.samples / sampleRate);
      gap = Math.round(comma * PAUSES[piece.end]);
    }
    context.onProgress(index + 1, pieces.length);
    await new Promise((resolve) => setImmediate(resolve));
  }
  throwIfCancelled(context.signal);
  return gap === undefined ? undefined : cues;
}

/**
 * Moves cues to their place in the file, in seconds. They stay in order, do not overlap, and end
 * with the sound; the closure of a first stop may reach into the silence before.
 */
function appendCues(
  cues: Cue[],
  heard: readonly Cue[],
  offset: number,
  last: number,
  sampleRate: number,
): void {
  const ends: Record<Cue['type'], number> = { phoneme: 0, word: 0 };
  for (const type of ['phoneme', 'word'] as const) {
    ends[type] = cues.findLast((cue) => cue.type === type)?.end ?? 0;
  }
  for (const { type, value, start, end } of heard) {
    const from = Math.max(ends[type], seconds(start + offset, sampleRate));
    const to = seconds(Math.min(end + offset, last), sampleRate);
    if (to <= from) continue;
    cues.push({ type, value, start: from, end: to });
    ends[type] = to;
  }
}

/** Tenths of a millisecond, rounded down so that nothing reaches beyond the end of the sound. */
function seconds(samples: number, sampleRate: number): number {
  return Math.floor((Math.max(0, samples) / sampleRate) * 1e4) / 1e4;
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

function checkLength(duration: number): void {
  if (duration <= LIMITS.duration) return;
  throw new LipwireError(
    'E_INPUT',
    `Expected a text of at most ${LIMITS.duration / 3600} hours of speech but received more; split it with text-segment.`,
  );
}

function nothingToSay(text: string): LipwireError {
  return new LipwireError(
    'E_INPUT',
    `Expected a text with something to say but received ${describe(text)}, in which this voice finds nothing to speak; give it letters or digits.`,
  );
}
