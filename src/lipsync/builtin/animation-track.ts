/**
 * A speech as poses in time: from its phonemes, or from the sound where there are none, scaled by
 * loudness, with blinks.
 */
import { frameTime, type Cue, type FrameRate } from '../../contract';
import { clamp, sample, smooth } from '../maths';
import { HOP, markSpeech, measureLevels, type LevelRange, type SoundFeatures } from '../sound';
import { restPose, type Pose } from './face-rig';
import { Coarticulation, gesturesOf, SoundDrive, type Shape } from './mouth-shapes';
import { Blinks } from './moving-portrait';

export interface SpeechTrack {
  features: SoundFeatures;
  /** Phoneme cues; without any, the sound drives the mouth. */
  cues?: readonly Cue[];
  frameCount: number;
}

export interface TrackOptions extends SpeechTrack {
  rate: FrameRate;
  /** Seconds by which the mouth is late. */
  offset?: number;
  blinks?: boolean;
}

/**
 * The rule of silence, in seconds: quiet that lasts longer than `pause` is no held stop but silence.
 * There the mouth is the portrait's own, except that it leaves rest `onset` before the next sound
 * and is back `release` after the last one: two frames of 25 a second on either side, with the lead.
 */
const SILENCE = { pause: 0.2, onset: 0.055, release: 0.1 };

/** Lips are where a sound needs them a little before it is heard, in seconds. */
const LEAD = 0.03;

/**
 * Loud speech opens the mouth further: by the level over a syllable or two, not by the moment's.
 * The sounds of the throat and the closures of stops are quiet, yet made with the mouth as open as
 * their vowels leave it.
 */
const EFFORT = { over: 0.1, slope: 1 / 30, least: 0.7, most: 1.15 };

export class AnimationTrack {
  readonly drivenBy: 'cues' | 'sound';
  readonly #shapeAt: (time: number) => Shape;
  readonly #active: Float32Array;
  readonly #effort: Float32Array;
  readonly #blinks: Blinks | undefined;
  readonly #rate: FrameRate;
  readonly #offset: number;
  readonly #halfFrame: number;

  constructor({ features, cues = [], frameCount, rate, offset = 0, blinks = true }: TrackOptions) {
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
    const marks = markSpeech(features, range, SILENCE.pause);
    this.#active = envelope(marks, SILENCE.onset / HOP, SILENCE.release / HOP);
    this.#effort = effortOf(features, range);
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
      const effort = this.drivenBy === 'cues' ? sample(this.#effort, time / HOP) : 1;
      pose.active = active;
      pose.open = clamp(pose.open * effort * active);
      pose.jaw = clamp(pose.jaw * effort * active);
      for (const channel of ['round', 'wide', 'closure', 'tuck', 'teeth', 'tongue'] as const) {
        pose[channel] *= active;
      }
    }
    pose.blink = this.#blinks?.at(seconds) ?? 0;
    return pose;
  }
}

/** How far loudness opens the mouth, a factor. */
function effortOf({ level }: SoundFeatures, { gate, loud }: LevelRange): Float32Array {
  const audible = level.map((value) => Math.max(value, gate));
  return smooth(audible, EFFORT.over / HOP).map((value) =>
    clamp(1.15 + (value - loud) * EFFORT.slope, EFFORT.least, EFFORT.most),
  );
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
    values[i] = Math.max(values[i], 1 - until / before);
  }
  return values.map((value) => value * value * (3 - 2 * value));
}
