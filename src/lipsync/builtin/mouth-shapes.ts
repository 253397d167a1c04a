/** Mouth shapes over time: from phoneme cues, or from the sound where there are none. */
import { clamp, smoothstep, mix, percentile, sample, smooth } from '../maths';
import { SHAPE_CHANNELS, type ShapeChannel, visemeOf, type Viseme } from '../../phonetics/visemes';
import type { Cue } from '../../contract';
import { parseIpa, type Segment } from '../../phonetics/ipa';
import { type LevelRange, HOP, type SoundFeatures } from '../sound';

/** Time constants in seconds: a gesture is felt further ahead than behind (Löfqvist 1990). */
const AHEAD = 0.038;
const BEHIND = 0.033;
/** Beyond this a gesture is not felt any more. */
const REACH = 0.35;
/** Time that the lips take to close and to part. */
const CLOSING = 0.07;
const PARTING = 0.05;

export type Shape = Record<ShapeChannel, number>;

/**
 * Coarticulation: every gesture reaches into its neighbours, ahead and behind, by its dominance.
 * Model: Cohen and Massaro, "Modeling coarticulation in synthetic visual speech", 1993: a channel
 * at time t is Σ Dᵢ(t)·Tᵢ / Σ Dᵢ(t), where Dᵢ(t) = αᵢ·exp(−θ·|τ|) falls with the distance τ from
 * gesture i. What the ear would miss if the eye did not see it (closed lips, lip on teeth) is not
 * left to the mean but holds for its whole time.
 *
 * Keeps its place in the gestures, so that rising or falling times are cheap.
 */
export class Coarticulation {
  readonly #gestures: readonly Gesture[];
  readonly #hold: number;
  #first = 0;

  /**
   * @param gestures in time order
   * @param frame seconds between two frames: a closure lasts at least that long, so that one sees it
   */
  constructor(gestures: readonly Gesture[], frame: number) {
    this.#gestures = gestures;
    this.#hold = frame * 1.02;
  }

  /** The mouth shape at a time in seconds. */
  at(time: number): Shape {
    this.#seek(time);
    const shape = {} as Shape;
    for (const channel of SHAPE_CHANNELS) shape[channel] = 0;
    const sums = {} as Shape;
    for (const channel of SHAPE_CHANNELS) sums[channel] = 0;
    let closure = 0;
    let tuck = 0;
    for (let i = this.#first; i < this.#gestures.length; i++) {
      const gesture = this.#gestures[i];
      if (gesture.start > time + REACH) break;
      const nearness = nearnessOf(gesture, time);
      for (const channel of SHAPE_CHANNELS) {
        const dominance = gesture.dominance[channel] * nearness;
        shape[channel] += dominance * gesture.target[channel];
        sums[channel] += dominance;
      }
      const held = this.#held(gesture, time);
      closure = Math.max(closure, gesture.target.closure * held);
      tuck = Math.max(tuck, gesture.target.tuck * held);
    }
    for (const channel of SHAPE_CHANNELS) {
      shape[channel] = sums[channel] > 0 ? shape[channel] / sums[channel] : 0;
    }
    shape.closure = closure;
    shape.tuck = tuck;
    // A lip under the teeth cannot hang open.
    shape.open *= 1 - 0.8 * tuck;
    return shape;
  }

  /** 1 while the gesture must be seen, with flanks before and after. */
  #held({ start, end }: Gesture, time: number): number {
    const length = Math.max((end - start) * 0.8, this.#hold);
    const from = (start + end - length) / 2 - 0.05 * (end - start);
    const to = from + length;
    return time < from
      ? smoothstep(from - CLOSING, from, time)
      : 1 - smoothstep(to, to + PARTING, time);
  }

  #seek(time: number): void {
    const gestures = this.#gestures;
    // A gesture may be long, but two seconds are longer than any phoneme.
    while (this.#first > 0 && gestures[this.#first - 1].end > time - 2) this.#first--;
    while (this.#first < gestures.length && gestures[this.#first].end < time - REACH) this.#first++;
  }
}

/** exp(−distance), 1 in the gesture's core. */
function nearnessOf({ start, end }: Gesture, time: number): number {
  const core = 0.25 * (end - start);
  const ahead = Math.max(0, start + core - time);
  const behind = Math.max(0, time - (end - core));
  return Math.exp(-clamp(ahead / AHEAD + behind / BEHIND, 0, 50));
}

/** A mouth shape that speech wants from `start` to `end`, in seconds. */
interface Gesture extends Viseme {
  start: number;
  end: number;
}

/**
 * The gestures of a list of cues, in time order. Cues of other types, and values that hold no IPA
 * letters (pauses, changes of voice), give none. A diphthong or an affricate shares its cue's time.
 */
export function gesturesOf(cues: readonly Cue[]): Gesture[] {
  const gestures: Gesture[] = [];
  for (const { type, value, start, end } of cues) {
    if (type !== 'phoneme' || !(end > start)) continue;
    const segments = parseIpa(value);
    const total = segments.reduce((sum, segment) => sum + weightOf(segment), 0);
    let from = start;
    for (const segment of segments) {
      const to = from + ((end - start) * weightOf(segment)) / total;
      gestures.push({ ...visemeOf(segment), start: from, end: to });
      from = to;
    }
  }
  return gestures.sort((a, b) => a.start - b.start);
}

function weightOf(segment: Segment): number {
  return segment.length * (segment.kind === 'vowel' ? 1.4 : 1);
}

/** How deep and how long a dip of the level counts as closed lips. */
const DIP = { depth: 9, reach: 0.11 };
/** Seconds around a moment whose loudest sound counts, how far it counts, and its least, dB above the gate. */
const PHRASE = 0.3;
const ADAPTATION = 0.6;
const QUIET = 15;
/** Lips part for a breath before a speaker begins, and stay apart between words. */
const PARTED = 0.16;

/**
 * Mouth shapes from the sound alone, for speech without phoneme cues. The first formant follows the
 * jaw, the second the place of the tongue and the rounding of the lips (Fant, "Acoustic Theory of
 * Speech Production", 1960), hissing means teeth together, a short dip of the level a closure.
 */
export class SoundDrive {
  readonly #open: Float32Array;
  readonly #round: Float32Array;
  readonly #wide: Float32Array;
  readonly #teeth: Float32Array;
  readonly #closure: Float32Array;

  constructor(features: SoundFeatures, range: LevelRange) {
    const { level, openness, brightness, friction } = features;
    const voiced = level.map((value, i) => (value > range.gate + 10 && friction[i] < 0.4 ? 1 : 0));
    const ofVoiced = (series: Float32Array) => series.filter((_, i) => voiced[i] === 1);
    const spread = (series: Float32Array) => {
      const values = ofVoiced(series);
      const [low, high] = [percentile(values, 0.1), percentile(values, 0.9)];
      return (value: number) => clamp((value - low) / (high - low || 1));
    };
    // Shares near 0 and 1 are told apart by their odds.
    const odds = openness.map((share) => Math.log((share + 0.01) / (1.01 - share)));
    const jawOf = spread(odds);
    const frontOf = spread(brightness);
    const loud = loudAround(level, range);
    const loudness = level.map((value, i) =>
      clamp((value - range.gate) / (loud[i] - range.gate || 1), 0, 1.1),
    );
    // Syllables stand out from their surroundings.
    const syllables = smooth(level, 0.015 / HOP);
    const around = smooth(
      level.map((value) => Math.max(value, range.gate)),
      0.12 / HOP,
    );
    const open = loudness.map((value, i) => {
      const hiss = clamp((friction[i] - 0.25) / 0.4);
      const contrast = clamp(0.78 + (syllables[i] - around[i]) / 14, 0.3, 1.25);
      const jaw = 0.28 + 0.6 * jawOf(odds[i]);
      return clamp(value ** 1.5 * jaw * contrast * (1 - 0.65 * hiss));
    });
    this.#open = smooth(open, 0.022 / HOP);
    const front = level.map((_, i) => (voiced[i] ? frontOf(brightness[i]) : 0.45));
    const even = smooth(front, 0.04 / HOP);
    this.#round = even.map((value) => clamp((0.36 - value) / 0.36) * 0.85);
    this.#wide = even.map((value) => clamp((value - 0.55) / 0.45));
    this.#teeth = smooth(
      friction.map((value, i) => (loudness[i] > 0.2 ? clamp((value - 0.3) / 0.4) : 0)),
      0.02 / HOP,
    );
    this.#closure = smooth(closures(level, friction, range), 0.015 / HOP);
  }

  /** The mouth shape at a time in seconds. */
  at(time: number): Shape {
    const position = time / HOP;
    const open = Math.max(PARTED, sample(this.#open, position));
    return {
      open,
      jaw: (open - PARTED) * 0.95,
      round: sample(this.#round, position),
      wide: sample(this.#wide, position) * 0.8,
      closure: clamp(sample(this.#closure, position)),
      tuck: 0,
      teeth: sample(this.#teeth, position) * 0.7,
      tongue: 0,
    };
  }
}

/** What is loud at a time: a speaker who lowers the voice still moves the mouth. */
function loudAround(level: Float32Array, { gate, loud }: LevelRange): Float32Array {
  const reach = Math.round(PHRASE / HOP);
  const highest = level.map((_, i) => {
    let most = gate + QUIET;
    for (let k = Math.max(0, i - reach); k <= i + reach && k < level.length; k++) {
      most = Math.max(most, level[k]);
    }
    return mix(loud, Math.min(loud, most), ADAPTATION);
  });
  return smooth(highest, PHRASE / 2 / HOP);
}

/** 1 where the level dips between louder neighbours; hissing is no closure. */
function closures(level: Float32Array, friction: Float32Array, range: LevelRange): Float32Array {
  const reach = Math.round(DIP.reach / HOP);
  const marks = new Float32Array(level.length);
  for (let i = 0; i < level.length; i++) {
    let before = -Infinity;
    let after = -Infinity;
    for (let k = 1; k <= reach; k++) {
      before = Math.max(before, level[i - k] ?? -Infinity);
      after = Math.max(after, level[i + k] ?? -Infinity);
    }
    const rim = Math.min(before, after);
    const quiet = clamp((rim - level[i] - DIP.depth) / 8);
    if (rim > range.gate + 8) marks[i] = quiet * (1 - clamp((friction[i] - 0.3) / 0.3));
  }
  return marks;
}
