/** A speech as poses in time: gestures or the sound's own features, scaled by loudness, with blinks. */
import { frameTime, type Cue, type FrameRate } from '../media';
import { clamp } from './maths';
import { Blinks } from './motion/blinks';
import { Coarticulation, type Shape } from './phonetics/coarticulation';
import { gesturesOf } from './phonetics/gestures';
import { restPose, type Pose } from './pose';
import { HOP, type SoundFeatures } from './sound/analysis';
import { markSpeech, measureLevels } from './sound/activity';
import { SoundDrive } from './sound/drive';
import { sample, smooth } from './sound/series';

export interface PerformanceOptions {
  features: SoundFeatures;
  /** Phoneme cues; without any, the sound drives the mouth. */
  cues?: readonly Cue[];
  frameCount: number;
  rate: FrameRate;
  /** Seconds by which the mouth is late. */
  offset?: number;
  blinks?: boolean;
}

/**
 * Seconds: pauses up to `pause` do not bring the mouth to rest; it takes `onset` from rest to speech
 * and `release` back. People draw breath before they speak; a voice made from text does not.
 */
const RHYTHM = {
  cues: { pause: 0.3, onset: 0.2, release: 0.25 },
  sound: { pause: 0.45, onset: 0.34, release: 0.4 },
} as const;

/** Lips are where a sound needs them a little before it is heard, in seconds. */
const LEAD = 0.015;

export class Performance {
  readonly drivenBy: 'cues' | 'sound';
  readonly #shapeAt: (time: number) => Shape;
  readonly #active: Float32Array;
  readonly #loudness: Float32Array;
  readonly #blinks: Blinks | undefined;
  readonly #rate: FrameRate;
  readonly #offset: number;
  readonly #halfFrame: number;

  constructor({
    features,
    cues = [],
    frameCount,
    rate,
    offset = 0,
    blinks = true,
  }: PerformanceOptions) {
    this.#rate = rate;
    this.#offset = offset;
    this.#halfFrame = (0.5 * rate.den) / rate.num;
    const range = measureLevels(features);
    const gestures = gesturesOf(cues);
    this.drivenBy = gestures.length > 0 ? 'cues' : 'sound';
    if (gestures.length > 0) {
      const coarticulation = new Coarticulation(gestures, rate.den / rate.num);
      this.#shapeAt = (time) => coarticulation.at(time);
    } else {
      const drive = new SoundDrive(features, range);
      this.#shapeAt = (time) => drive.at(time);
    }
    const rhythm = RHYTHM[this.drivenBy];
    const marks = markSpeech(features, range, rhythm.pause);
    this.#active = envelope(marks, rhythm.onset / HOP, rhythm.release / HOP);
    const loudness = smooth(features.level, 0.035 / HOP);
    this.#loudness = loudness.map((value) =>
      clamp(1.06 + (value - range.loud + 4) / 26, 0.5, 1.15),
    );
    const duration = frameTime(frameCount, rate);
    this.#blinks = blinks ? new Blinks(duration, features.digest) : undefined;
  }

  /** The pose of a frame. */
  poseAt(frame: number): Pose {
    const seconds = frameTime(frame, this.#rate);
    // A frame is seen for its whole length; what it shows is right in its middle.
    const time = seconds + this.#halfFrame + LEAD - this.#offset;
    const pose = restPose();
    const active = time < 0 ? sample(this.#active, 0) * 0 : sample(this.#active, time / HOP);
    if (active > 1e-3) {
      Object.assign(pose, this.#shapeAt(time));
      const loudness = this.drivenBy === 'cues' ? sample(this.#loudness, time / HOP) : 1;
      pose.active = active;
      pose.open = clamp(pose.open * loudness * active);
      pose.jaw = clamp(pose.jaw * loudness * active);
      for (const channel of ['round', 'wide', 'closure', 'tuck', 'teeth', 'tongue'] as const) {
        pose[channel] *= active;
      }
    }
    pose.blink = this.#blinks?.at(seconds) ?? 0;
    return pose;
  }
}

/** Marks with smooth flanks: up before a marked part, down after it. Lengths in steps. */
function envelope(marks: Uint8Array, before: number, after: number): Float32Array {
  const values = new Float32Array(marks.length);
  let since = Infinity;
  for (let i = 0; i < marks.length; i++) {
    since = marks[i] ? 0 : since + 1;
    values[i] = Math.max(0, 1 - since / after);
  }
  let until = Infinity;
  for (let i = marks.length - 1; i >= 0; i--) {
    until = marks[i] ? 0 : until + 1;
    values[i] = Math.max(values[i]!, 1 - until / before);
  }
  return values.map((value) => value * value * (3 - 2 * value));
}
