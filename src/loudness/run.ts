import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openFfmpeg } from '../av/ffmpeg/open';
import { type Contour, hops, shortTerm, toLoudness, windows } from '../av/loudness/contour';
import { openSound } from '../av/loudness/measure';
import { findChannelFault, withOneChannel } from '../av/sound-channels';
import {
  makeNote,
  type Note,
  type RunOf,
  type SpeechLoudness,
  type SpeechPayload,
  throwIfCancelled,
} from '../contract';
import { noteInWords, normalise } from './normalise';
import type { LoudnessTarget } from './plan';
import {
  LOUDNESS_FILE,
  LOUDNESS_PRESETS,
  type LoudnessOverTime,
  type LoudnessSeries,
  type loudnorm,
  type LoudnormParameters,
} from './stage';

/**
 * Brings speech, or the sound of any file, to a loudness. Cues and everything else of the speech
 * pass through; its length stays exactly the same. Beside it lies its loudness over time, for the
 * dialog.
 */
export const run: RunOf<typeof loudnorm> = async (input, parameters, context) => {
  throwIfCancelled(context.signal);
  const decoded = path.join(context.folder, 'decoded.f32');
  const file = path.join(context.folder, 'speech.wav');
  const opened = await openSound(
    input.file,
    decoded,
    () => openFfmpeg(context.settings.ffmpegPath),
    context.signal,
  );
  const fault = await findChannelFault(opened, context.signal);
  const oneChannel = path.join(context.folder, 'channel.f32');
  const sound = fault
    ? await withOneChannel(opened, fault.channel, oneChannel, context.signal)
    : opened;
  const duration = sound.samples / sound.sampleRate;
  let done = 0;
  let series: LoudnessOverTime | undefined;
  const loudness = await normalise(sound, file, targetOf(parameters), {
    signal: context.signal,
    onProgress: (share) => {
      done = Math.max(done, share * duration);
      context.progress({ type: 'running', done, total: duration, unit: 'seconds' });
    },
    onContours: (before, after) => {
      series = { before: seriesOf(before), after: seriesOf(after) };
    },
  });
  await rm(decoded, { force: true });
  await rm(oneChannel, { force: true });
  await writeFile(path.join(context.folder, LOUDNESS_FILE), JSON.stringify(series));
  const { cues } = input;
  const speech: Pick<SpeechPayload, 'kind' | 'engine' | 'notes'> =
    input.kind === 'speech' ? input : { kind: 'speech', engine: 'file', ...(cues && { cues }) };
  const { sampleRate, channels } = sound;
  const measured = { file, duration, sampleRate, channels, loudness };
  const { notes: before, ...rest } = speech;
  const heard = [opened.note, fault?.note].filter((note) => note !== undefined);
  const notes = notesOf([...(before ?? []), ...heard], loudness);
  return { ...rest, ...measured, ...(notes && { notes }) };
};

/** The speech's own notes, and those of this loudness in place of those of an earlier one. */
function notesOf(before: readonly Note[], loudness: SpeechLoudness): Note[] | undefined {
  const others = before.filter(({ code }) => code !== 'N_LOUDNESS');
  const own = (loudness.notes ?? []).map((note) =>
    makeNote('N_LOUDNESS', { type: note.type, what: noteInWords(note) }),
  );
  return others.length + own.length > 0 ? [...others, ...own] : undefined;
}

function targetOf(parameters: LoudnormParameters): LoudnessTarget {
  return parameters.preset === 'custom' ? parameters : LOUDNESS_PRESETS[parameters.preset];
}

/** Points of a curve. */
const MOST_POINTS = 500;
/** Seconds between two windows, and the length of a momentary one in such steps (BS.1770-4). */
const HOP = 0.1;
const MOMENTARY_HOPS = 4;
/** LUFS below which a window counts as silence. */
const SILENCE = -70;

/**
 * Momentary loudness (windows of 0.4 s) and short-term loudness (3 s), in LUFS. Of long sounds each
 * point is the loudest of those that it stands for, so that no moment is hidden.
 */
export function seriesOf(contour: Contour): LoudnessSeries {
  const energies = hops(contour);
  const each = Math.max(1, Math.ceil(energies.length / MOST_POINTS));
  return {
    step: each * HOP,
    momentary: curve(windows(energies, MOMENTARY_HOPS), each),
    shortTerm: curve(shortTerm(energies), each),
  };
}

function curve(meanSquares: Float64Array, each: number): (number | null)[] {
  return Array.from({ length: Math.ceil(meanSquares.length / each) }, (_, point) => {
    const part = meanSquares.subarray(point * each, (point + 1) * each);
    const loudness = toLoudness(part.reduce((most, value) => Math.max(most, value), 0));
    return loudness > SILENCE ? Math.round(10 * loudness) / 10 : null;
  });
}
