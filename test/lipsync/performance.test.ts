import assert from 'node:assert/strict';
import { AnimationTrack, type TrackOptions } from '../../src/lipsync/builtin/animation-track';
import { isRest } from '../../src/lipsync/builtin/face-rig';
import { Blinks } from '../../src/lipsync/builtin/moving-portrait';
import { SoundAnalyzer } from '../../src/lipsync/sound';
import { frameRate, framesForDuration, type Cue } from '../../src/contract';
import { noise } from '../support/noise';

const RATE = 16000;

/** Noise from `from` to `to` in `total` seconds of silence. */
function soundOf(from: number, to: number, total: number) {
  const samples = new Float32Array(total * RATE);
  samples.set(noise(Math.round((to - from) * RATE), -0.3, 0.3), from * RATE);
  const analyzer = new SoundAnalyzer(RATE);
  analyzer.push(samples);
  return analyzer.finish();
}

const CUES: Cue[] = ['m', 'aː', 'm', 'aː'].map((value, i) => ({
  type: 'phoneme',
  value,
  start: 0.5 + 0.25 * i,
  end: 0.75 + 0.25 * i,
}));

function perform(more: Partial<TrackOptions> = {}, fps = 25) {
  const rate = frameRate(fps);
  const frameCount = framesForDuration(2.5, rate);
  const features = soundOf(0.5, 1.5, 2.5);
  const performance = new AnimationTrack({
    features,
    cues: CUES,
    blinks: false,
    frameCount,
    rate,
    ...more,
  });
  return Array.from({ length: frameCount }, (_, i) => performance.poseAt(i));
}

/** Speech with a stop's silence of 0.12 s, and with pauses of 0.35 and 0.6 s. */
const SPOKEN = [
  [0.5, 0.82],
  [0.94, 1.2],
  [1.55, 1.7],
  [2.3, 2.4],
] as const;
const PAUSED: Cue[] = SPOKEN.map(([start, end]) => ({ type: 'phoneme', value: 'a', start, end }));
const PAUSED_SOUND = pausedSound();

function pausedSound() {
  // A room is never quite still: −60 dB.
  const samples = noise(3 * RATE, -0.0017, 0.0017);
  for (const [start, end] of SPOKEN) {
    samples.set(noise(Math.round((end - start) * RATE), -0.3, 0.3), Math.round(start * RATE));
  }
  const analyzer = new SoundAnalyzer(RATE);
  analyzer.push(samples);
  return analyzer.finish();
}

/**
 * Poses of the frames that lie in silence, two of 25 a second away from any sound, and the share of all
 * frames in silence that are not at rest.
 */
function silentFrames(fps: number, cues: Cue[] | undefined) {
  const all = perform({ features: PAUSED_SOUND, cues }, fps);
  const silent = all.map((_, i) => {
    const [from, to] = [i / fps, (i + 1) / fps];
    // The stop is no silence.
    const spoken = [[0.5, 1.2] as const, ...SPOKEN.slice(2)];
    return Math.min(...spoken.map(([start, end]) => Math.max(start - to, from - end)));
  });
  const moved = all.filter((pose, i) => silent[i] >= 0 && !isRest(pose));
  return {
    poses: all.filter((_, i) => silent[i] > Math.max(0.08, 0.1 - 0.5 / fps)),
    share: moved.length / silent.filter((away) => away >= 0).length,
  };
}

const openness = (poses: ReturnType<typeof perform>) =>
  poses.map(({ open, closure }) => open * (1 - closure));

describe('a performance', () => {
  it('rests in silence before and after the speech', () => {
    const poses = perform();
    assert.ok(poses.slice(0, 6).every(isRest));
    assert.ok(poses.slice(44).every(isRest));
    assert.ok(poses.slice(13, 37).every(({ active }) => active > 0.99));
  });

  it('closes at m and opens at a, at any frame rate', () => {
    for (const fps of [23.976, 24, 25, 29.97, 30, 50, 60]) {
      const values = openness(perform({}, fps));
      const at = (seconds: number) => values[Math.round(seconds * fps)];
      const most = Math.max(...values);
      assert.ok(at(0.62) < 0.15 * most && at(1.12) < 0.15 * most, `${fps}`);
      assert.ok(at(0.88) > 0.6 * most && at(1.36) > 0.6 * most, `${fps}`);
    }
  });

  it('shows the mouth later for a positive offset and earlier for a negative one', () => {
    const centre = (offset: number) => {
      const values = openness(perform({ offset }));
      const sum = values.reduce((a, b) => a + b, 0);
      return values.reduce((total, value, i) => total + value * i, 0) / sum / 25;
    };
    assert.ok(Math.abs(centre(0.2) - centre(0) - 0.2) < 0.02);
    assert.ok(Math.abs(centre(-0.2) - centre(0) + 0.2) < 0.02);
  });

  it('is driven by the sound where there are no phonemes', () => {
    const options = { frameCount: 62, rate: frameRate(25), features: soundOf(0.5, 1.5, 2.5) };
    assert.equal(new AnimationTrack({ ...options, cues: CUES }).drivenBy, 'cues');
    const words: Cue[] = [{ type: 'word', value: 'mama', start: 0.5, end: 1.5 }];
    for (const cues of [undefined, [], words]) {
      assert.equal(new AnimationTrack({ ...options, cues }).drivenBy, 'sound');
    }
    assert.ok(Math.max(...openness(perform({ cues: undefined }))) > 0.1);
  });

  it('stays at rest when the sound is silent, whatever the cues say', () => {
    assert.ok(perform({ features: soundOf(0, 0, 2.5) }).every(isRest));
  });

  it('shows the portrait itself in silence, but for two frames beside the sound', () => {
    for (const isDriven of [false, true]) {
      for (const fps of [24, 25, 30, 60]) {
        const { poses, share } = silentFrames(fps, isDriven ? undefined : PAUSED);
        const name = `${isDriven ? 'sound' : 'cues'}, ${fps} fps`;
        assert.ok(poses.length > 0.4 * fps, name);
        assert.ok(poses.every(isRest), name);
        // Of all silent frames, those beside the sound as well.
        assert.ok(share < 0.4, `${name}: ${share}`);
      }
    }
  });

  it('holds the mouth in speech over a silence as short as that of a stop', () => {
    for (const cues of [PAUSED, undefined]) {
      const poses = perform({ features: PAUSED_SOUND, cues });
      assert.ok(poses.slice(20, 24).every(({ active }) => active > 0.99));
    }
  });

  it('is the same each time', () => {
    assert.deepEqual(perform({ blinks: true }), perform({ blinks: true }));
  });
});

describe('blinks', () => {
  it('come every 2 to 6 seconds and last a fifth of a second', () => {
    const blinks = new Blinks(120, 5);
    const starts: number[] = [];
    let shut = 0;
    for (let i = 1; i < 12000; i++) {
      const [before, now] = [blinks.at((i - 1) / 100), blinks.at(i / 100)];
      assert.ok(now >= 0 && now <= 1);
      if (before === 0 && now > 0) starts.push(i / 100);
      if (now > 0) shut++;
    }
    assert.equal(starts.length, blinks.count);
    starts.slice(1).forEach((start, i) => {
      const interval = start - starts[i];
      assert.ok(interval > 1.9 && interval < 6.1, `${interval}`);
    });
    const length = shut / 100 / starts.length;
    assert.ok(length > 0.12 && length < 0.25, `${length}`);
  });

  it('leave the ends of a clip alone, where clips are joined', () => {
    for (let seed = 0; seed < 50; seed++) {
      const blinks = new Blinks(4, seed);
      assert.equal(blinks.at(0), 0);
      assert.equal(blinks.at(3.8), 0);
    }
  });

  it('differ with the seed', () => {
    const times = (seed: number) =>
      Array.from({ length: 400 }, (_, i) => new Blinks(20, seed).at(i / 20)).join();
    assert.notEqual(times(1), times(2));
  });
});
