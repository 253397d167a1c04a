/**
 * Mouth shapes from the sound alone, for speech without phoneme cues. The first formant follows the
 * jaw, the second the place of the tongue and the rounding of the lips (Fant, "Acoustic Theory of
 * Speech Production", 1960), hissing means teeth together, a short dip of the level a closure.
 */
import { clamp, mix } from '../maths';
import type { Shape } from '../builtin/coarticulation';
import type { LevelRange } from './activity';
import { HOP, type SoundFeatures } from './analysis';
import { percentile, sample, smooth } from './series';

/** How deep and how long a dip of the level counts as closed lips. */
const DIP = { depth: 9, reach: 0.11 };
/** Seconds around a moment whose loudest sound counts, how far it counts, and its least, dB above the gate. */
const PHRASE = 0.3;
const ADAPTATION = 0.6;
const QUIET = 15;
/** Lips part for a breath before a speaker begins, and stay apart between words. */
const PARTED = 0.16;

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
