import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { SoundAnalyzer, HOP, markSpeech, measureLevels, listen } from '../../src/lipsync/sound';
import { SoundDrive } from '../../src/lipsync/builtin/mouth-shapes';
import { writeWav } from '../../src/av/wav';
import { noise } from '../support/noise';

const RATE = 16000;

/** A buzz of 120 Hz through two resonances: a vowel, roughly. */
function vowel(seconds: number, formants: readonly [number, number], gain = 0.2): Float32Array {
  const samples = new Float32Array(Math.round(seconds * RATE));
  for (let k = 1; k * 120 < 4000; k++) {
    const frequency = k * 120;
    const size = formants.reduce((sum, f) => sum + 1 / (1 + ((frequency - f) / 90) ** 2), 0.003);
    for (let i = 0; i < samples.length; i++) {
      samples[i] += gain * size * Math.sin((2 * Math.PI * frequency * i) / RATE);
    }
  }
  return samples;
}

function join(...parts: Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function analyze(samples: Float32Array, block = samples.length) {
  const analyzer = new SoundAnalyzer(RATE);
  for (let from = 0; from < samples.length; from += block) {
    analyzer.push(samples.subarray(from, from + block));
  }
  return analyzer.finish();
}

const silence = (seconds: number) => new Float32Array(Math.round(seconds * RATE));

describe('sound analysis', () => {
  it('measures a hundred times a second, and the level of a full-scale sine as −3 dB', () => {
    const sine = Float32Array.from({ length: RATE }, (_, i) =>
      Math.sin((2 * Math.PI * 1000 * i) / RATE),
    );
    const { level } = analyze(sine);
    assert.ok(Math.abs(level.length - 1 / HOP) <= 2);
    assert.ok(Math.abs(level[50] + 3) < 0.5, `${level[50]}`);
  });

  it('does not depend on how the samples are cut into blocks', () => {
    const samples = join(vowel(0.4, [700, 1200]), noise(4000, -0.1, 0.1));
    assert.deepEqual(analyze(samples, 333), analyze(samples));
  });

  it('tells open from close, front from back, and hissing from voice', () => {
    const at = (samples: Float32Array) => {
      const { openness, brightness, friction } = analyze(samples);
      return { openness: openness[20], brightness: brightness[20], friction: friction[20] };
    };
    const a = at(vowel(0.4, [750, 1200]));
    const i = at(vowel(0.4, [280, 2300]));
    const u = at(vowel(0.4, [300, 800]));
    const hiss = join(noise(8000, -0.2, 0.2)).map((value, k, all) => value - (all[k - 1] ?? 0));
    assert.ok(a.openness > i.openness && a.openness > u.openness);
    assert.ok(i.brightness > u.brightness + 0.5);
    assert.ok(at(hiss).friction > 0.4 && a.friction < 0.1);
  });

  it('takes nothing, one sample and silence without complaint', () => {
    for (const samples of [silence(0), silence(1 / RATE), silence(1)]) {
      const features = analyze(samples);
      const range = measureLevels(features);
      assert.ok(markSpeech(features, range, 0.2).every((mark) => mark === 0));
    }
  });

  it('marks speech, bridges short pauses and leaves long ones', () => {
    const features = analyze(
      join(
        silence(0.5),
        vowel(0.3, [700, 1200]),
        silence(0.1),
        vowel(0.3, [700, 1200]),
        silence(0.6),
      ),
    );
    const marks = markSpeech(features, measureLevels(features), 0.2);
    assert.equal(marks[20], 0);
    assert.equal(marks[60], 1);
    assert.equal(marks[85], 1);
    assert.equal(marks[150], 0);
  });

  it('opens for an open vowel, closes in a dip, and hardly parts the lips in silence', () => {
    const features = analyze(
      join(
        silence(0.4),
        vowel(0.3, [750, 1200]),
        silence(0.07),
        vowel(0.3, [750, 1200]),
        vowel(0.3, [280, 2300]),
        silence(0.4),
      ),
    );
    const drive = new SoundDrive(features, measureLevels(features));
    assert.ok(drive.at(0.1).open < 0.2);
    assert.ok(drive.at(0.55).open > 0.5);
    assert.ok(drive.at(0.735).closure > 0.5);
    assert.ok(drive.at(0.55).open > drive.at(1.2).open + 0.2);
    assert.ok(drive.at(1.7).open < 0.2);
  });

  it('moves the mouth of a speaker who lowers the voice', () => {
    const quiet = vowel(0.3, [750, 1200]).map((value) => value / 6);
    const features = analyze(
      join(vowel(0.5, [750, 1200]), silence(0.8), quiet, silence(0.12), quiet, silence(0.4)),
    );
    const drive = new SoundDrive(features, measureLevels(features));
    assert.ok(drive.at(1.45).open > 0.3, `${drive.at(1.45).open}`);
    assert.ok(drive.at(1.45).open < drive.at(0.25).open);
  });

  it('listens to files of several channels, piece by piece', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-listen-'));
    try {
      const file = path.join(folder, 'sound.wav');
      const left = noise(700_000, -0.3, 0.3);
      await writeWav(file, { sampleRate: RATE, channels: [left, left] });
      const { format, features } = await listen(file, new AbortController().signal);
      assert.equal(format.samples, left.length);
      assert.ok(Math.abs(features.level.length - left.length / RATE / HOP) <= 2);
      await assert.rejects(listen(file, AbortSignal.abort()), { code: 'E_CANCELLED' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
