/**
 * Loudness normalisation by EBU R128, in two passes: measure, then apply. The meter is our own (it
 * agrees with FFmpeg's ebur128, see the tests), because FFmpeg's loudnorm filter resamples to
 * 192 kHz, changes the length, and leaves its linear mode for a gain that moves with the sound as
 * soon as one peak is too high. Here one gain is kept and only those peaks are limited.
 */
import { Analyser, type Defects } from '../av/loudness/analyser';
import {
  CELLS_PER_SECOND,
  type Contour,
  fromDecibels,
  toDecibels,
  truePeak,
} from '../av/loudness/contour';
import { analyse, measureOf, rounded, subtract } from '../av/loudness/measure';
import { blocks, type PcmFile, WavWriter } from '../av/wav';
import type { LoudnessNote, SpeechLoudness } from '../contract';
import { loudnessOf, type LoudnessTarget, lowered, makePlan, type Plan } from './plan';

/** A constant offset of this much (−40 dBFS) is a fault of the recording. */
const LEAST_OFFSET = 0.01;
/** LU by which a first rendering may miss the target before another one is made. */
const TOLERANCE = 0.1;
const MOST_RENDERINGS = 5;

interface NormaliseOptions {
  signal?: AbortSignal;
  /** Share of the work that is done, 0…1. */
  onProgress?(share: number): void;
  /** Told of what came and what was made, once at the end. */
  onContours?(before: Contour, after: Contour): void;
}

/**
 * Writes `sound` to the WAV file `file` at the target loudness and says what was measured and done.
 * Sample rate, channels and the number of samples stay as they are.
 */
export async function normalise(
  sound: PcmFile,
  file: string,
  target: LoudnessTarget,
  { signal, onProgress, onContours }: NormaliseOptions = {},
): Promise<SpeechLoudness> {
  const progress = (from: number, to: number) => (frames: number) =>
    onProgress?.(from + ((to - from) * frames) / sound.samples);
  const first = await analyse(sound, { signal, onFrames: progress(0, 0.4) });
  const offsets = faultyOffsets(first.defects);
  const { contour } = offsets ? await analyse(sound, { offsets, signal }) : first;
  const renderPlan = (plan: Pick<Plan, 'gain' | 'curve'>): Promise<Contour> =>
    render(sound, plan, file, { offsets, signal, onFrames: progress(0.4, 1) });

  const before = measureOf(contour);
  const notes = describeDefects(first.defects, offsets);
  let plan = makePlan(contour, target);
  if (!plan) {
    const rendered = await renderPlan({ gain: 0 });
    onContours?.(contour, rendered);
    const result = measureOf(rendered);
    notes.unshift({ type: 'silent' });
    return {
      ...result,
      target: target.integrated,
      gain: 0,
      mode: 'none',
      before,
      ...told(notes),
    };
  }
  const correction = { gain: 0, ceiling: 0 };
  let result = await renderPlan(plan);
  for (let count = 1; count < MOST_RENDERINGS; count++) {
    const missed = target.integrated - (loudnessOf(result) ?? target.integrated);
    const excess = excessOf(result, target);
    const misses = Math.abs(missed) > TOLERANCE && !plan.isExhausted;
    if (!misses && excess <= 0) break;
    if (misses) correction.gain += missed;
    if (excess > 0) correction.ceiling -= excess + 0.01;
    plan = makePlan(contour, target, correction) ?? plan;
    result = await renderPlan(plan);
  }
  const excess = excessOf(result, target);
  if (excess > 0) {
    plan = lowered(plan, excess + 0.01);
    result = await renderPlan(plan);
  }
  onContours?.(contour, result);
  notes.push(...describePlan(plan, result, target, before.range));
  return {
    ...measureOf(result),
    target: target.integrated,
    gain: rounded(plan.gain),
    mode: plan.curve ? 'dynamic' : 'linear',
    before,
    ...told(notes),
  };
}

/** dB by which a sound exceeds the true-peak limit. */
function excessOf(contour: Contour, target: LoudnessTarget): number {
  return toDecibels(truePeak(contour)) - target.truePeak;
}

function faultyOffsets({ offsets }: Defects): number[] | undefined {
  return offsets.some((offset) => Math.abs(offset) >= LEAST_OFFSET) ? offsets : undefined;
}

function describeDefects(defects: Defects, offsets?: number[]): LoudnessNote[] {
  const notes: LoudnessNote[] = [];
  const { clippedSamples: samples, clippedRuns: places, notNumbers: values } = defects;
  if (places > 0) notes.push({ type: 'clipped', samples, places });
  if (values > 0) notes.push({ type: 'notNumbers', values });
  if (offsets) notes.push({ type: 'offset', percent: 100 * Math.max(...offsets.map(Math.abs)) });
  return notes;
}

function describePlan(
  { isLevelled, limited }: Plan,
  result: Contour,
  { integrated, truePeak: peak, range }: LoudnessTarget,
  rangeBefore: number | null,
): LoudnessNote[] {
  const notes: LoudnessNote[] = [];
  if (result.frames < 0.4 * result.sampleRate) notes.push({ type: 'short' });
  if (isLevelled) notes.push({ type: 'levelled', before: rangeBefore ?? 0, range });
  if (limited >= 0.1) notes.push({ type: 'limited', decibels: limited });
  if ((loudnessOf(result) ?? -Infinity) < integrated - 0.5) {
    notes.push({ type: 'outOfReach', integrated, truePeak: peak });
  }
  return notes;
}

function told(notes: LoudnessNote[]): Pick<SpeechLoudness, 'notes' | 'note'> {
  return notes.length > 0 ? { notes, note: notes.map(noteInWords).join('; ') } : {};
}

/** A note as an English sentence without its full stop. */
export function noteInWords(note: LoudnessNote): string {
  switch (note.type) {
    case 'silent':
      return 'silent or below -70 LUFS: left as it was';
    case 'clipped': {
      const places = note.places === 1 ? 'one place' : `${note.places} places`;
      return `came clipped: ${note.samples} samples at full scale in ${places}`;
    }
    case 'notNumbers':
      return `${note.values} values that are not numbers became silence`;
    case 'offset':
      return `a constant offset of ${note.percent.toFixed(1)} % was removed`;
    case 'short':
      return 'shorter than 0.4 s: set by its mean level, as it has no integrated loudness';
    case 'levelled':
      return `loudness range ${note.before.toFixed(1)} LU evened out to ${note.range} LU`;
    case 'limited':
      return `peaks limited by up to ${note.decibels.toFixed(1)} dB`;
    case 'outOfReach':
      return `${note.integrated} LUFS is out of reach under ${note.truePeak} dBTP`;
  }
}

/**
 * Writes a sound with a plan's gain as a 16-bit WAV of exactly as many samples, and measures what
 * was written.
 */
async function render(
  sound: PcmFile,
  plan: Pick<Plan, 'gain' | 'curve'>,
  target: string,
  options: { offsets?: number[]; signal?: AbortSignal; onFrames?(frames: number): void } = {},
): Promise<Contour> {
  const analyser = new Analyser(sound.sampleRate, sound.channels);
  const writer = await WavWriter.create(target, sound.sampleRate, sound.channels);
  try {
    let frame = 0;
    for await (const block of blocks(sound, options.signal)) {
      if (options.offsets) subtract(block, options.offsets);
      for (const plane of block) amplify(plane, plan, frame, sound.sampleRate);
      await writer.writePlanes(block);
      analyser.push(block);
      frame += block[0]?.length ?? 0;
      options.onFrames?.(frame);
    }
    await writer.finish();
  } finally {
    await writer.close();
  }
  return analyser.finish().contour;
}

/** Multiplies by the gain, in place; values that are not numbers become silence. */
function amplify(
  plane: Float32Array,
  { gain, curve }: Pick<Plan, 'gain' | 'curve'>,
  first: number,
  sampleRate: number,
): void {
  const constant = fromDecibels(gain);
  const cellsPerSample = CELLS_PER_SECOND / sampleRate;
  for (let i = 0; i < plane.length; i++) {
    const value = plane[i];
    let factor = constant;
    if (curve) {
      const position = (first + i) * cellsPerSample;
      const cell = Math.floor(position);
      const a = curve[cell];
      const b = curve[cell + 1];
      factor = a + (b - a) * (position - cell);
    }
    plane[i] = Number.isFinite(value) ? value * factor : 0;
  }
}
