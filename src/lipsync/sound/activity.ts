/** Where there is speech. */
import { type SoundFeatures, HOP } from './analysis';
import { percentile } from './series';

/** Levels of one sound that everything else is measured against, in dB. */
export interface LevelRange {
  /** Below this there is silence. */
  gate: number;
  /** Loud speech. */
  loud: number;
}

/** Quieter than this is silence, whatever else there is. */
const FLOOR = -60;
const RANGE = 35;

/** Finds how loud the speech is; the gate lies 35 dB below, or in the noise's upper part. */
export function measureLevels({ level }: SoundFeatures): LevelRange {
  const audible = level.filter((value) => value > FLOOR);
  if (audible.length === 0) return { gate: FLOOR, loud: FLOOR + RANGE };
  const loud = percentile(audible, 0.9);
  const noise = percentile(level, 0.05);
  const gate = Math.max(FLOOR, loud - RANGE, Math.min(noise + 6, loud - 18));
  return { gate, loud };
}

/**
 * Marks steps that belong to speech: audible, or a pause shorter than `pause` seconds between
 * audible parts (stops are silent while they are held).
 */
export function markSpeech(
  features: SoundFeatures,
  { gate }: LevelRange,
  pause: number,
): Uint8Array {
  const { level } = features;
  const marks = new Uint8Array(level.length);
  const longest = Math.round(pause / HOP);
  let last = -Infinity;
  for (let i = 0; i < level.length; i++) {
    if (level[i] <= gate) continue;
    if (i - last <= longest) marks.fill(1, last, i);
    marks[i] = 1;
    last = i;
  }
  return marks;
}
