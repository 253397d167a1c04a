import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openFfmpeg } from '../../src/av/ffmpeg/open';
import type { Ffmpeg } from '../../src/av/ffmpeg/types';
import { measureLoudness } from '../../src/av/loudness/measure';
import { needFixture } from '../support/fixtures';
import { reference } from './reference';
import { mixed, noise, scaled, sine, speech, writeWav, type Channel } from './sounds';

describe('Measuring loudness', () => {
  let ffmpeg: Ffmpeg;
  let folder: string;
  before(async () => {
    ffmpeg = await openFfmpeg();
    folder = await mkdtemp(path.join(tmpdir(), 'lipwire-measure-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const never = (): Promise<Ffmpeg> => assert.fail('FFmpeg was not expected to be needed');
  const wav = (channels: Channel[], rate: number, format?: 'f32'): Promise<string> =>
    writeWav(path.join(folder, 'sound.wav'), channels, rate, format);

  it('measures the calibration tone of EBU Tech 3341 at -23 LUFS', async () => {
    const tone = sine(1000, 20, 48_000, 10 ** (-23 / 20));
    const measured = await measureLoudness(await wav([tone, tone], 48_000, 'f32'), never);
    assert.ok(Math.abs((measured.integrated ?? 0) + 23) < 0.05, String(measured.integrated));
    assert.ok(Math.abs((measured.truePeak ?? 0) + 23) < 0.05);
    assert.ok((measured.range ?? 1) < 0.05);
  });

  it('gates silence and quiet passages as EBU Tech 3341 case 3 wants', async () => {
    const at = (level: number, seconds: number): Channel =>
      sine(1000, seconds, 48_000, 10 ** (level / 20));
    const tone = Float64Array.from([...at(-36, 10), ...at(-23, 60), ...at(-36, 10)]);
    const measured = await measureLoudness(await wav([tone, tone], 48_000), never);
    assert.ok(Math.abs((measured.integrated ?? 0) + 23) < 0.1);
  });

  it('measures loudness ranges as EBU Tech 3342 case 1 wants', async () => {
    const at = (level: number): Channel => sine(1000, 20, 48_000, 10 ** (level / 20));
    const tone = Float64Array.from([...at(-20), ...at(-30)]);
    const measured = await measureLoudness(await wav([tone, tone], 48_000), never);
    assert.ok(Math.abs((measured.range ?? 0) - 10) < 0.5);
  });

  it('finds the peak between samples', async () => {
    const rate = 48_000;
    const between = Float64Array.from({ length: rate }, (_unused, i) =>
      Math.sin((Math.PI / 2) * i + Math.PI / 4),
    );
    const { truePeak } = await measureLoudness(await wav([scaled(between, 0.5)], rate), never);
    assert.ok(Math.abs((truePeak ?? 0) + 6.02) < 0.1, String(truePeak));
  });

  const random = noise(7);
  const cases: [string, number, () => Channel[]][] = [
    ['speech at 8 kHz', 8000, () => [speech(6, 8000, 1)]],
    ['speech at 11025 Hz', 11_025, () => [speech(6, 11_025, 2)]],
    ['speech at 16 kHz', 16_000, () => [speech(6, 16_000, 3)]],
    ['quiet speech at 22050 Hz', 22_050, () => [speech(6, 22_050, 4, 0.004)]],
    ['loud, clipped speech at 24 kHz', 24_000, () => [speech(6, 24_000, 5, 2)]],
    ['stereo speech at 44.1 kHz', 44_100, () => [speech(6, 44_100, 6), speech(6, 44_100, 7, 0.1)]],
    ['speech at 48 kHz', 48_000, () => [speech(6, 48_000, 8)]],
    ['speech at 96 kHz', 96_000, () => [speech(4, 96_000, 9)]],
    ['noise', 48_000, () => [Float64Array.from({ length: 192_000 }, () => 0.3 * random())]],
    ['a low tone', 16_000, () => [sine(60, 4, 16_000, 0.5)]],
    ['a high tone', 48_000, () => [faded(sine(15_000, 4, 48_000, 0.5))]],
    ['clicks over quiet speech', 16_000, () => [withClicks(speech(6, 16_000, 10, 0.02))]],
    [
      'speech in noise with silence around it',
      16_000,
      () => [mixed(speech(6, 16_000, 11), sine(50, 6, 16_000, 0.01))],
    ],
    ['5.1 surround', 48_000, () => [1, 2, 3, 4, 5, 6].map((seed) => speech(5, 48_000, seed, 0.1))],
  ];
  for (const [name, rate, make] of cases) {
    it(`agrees with FFmpeg about ${name}`, async () => {
      const file = await wav(make(), rate);
      const ours = await measureLoudness(file, never);
      const theirs = await reference(ffmpeg, file);
      // FFmpeg prints one decimal, so half of its last digit comes on top of 0.1 LU and 0.2 dB.
      assertNear(ours.integrated, theirs.integrated, 0.15);
      assertNear(ours.truePeak, theirs.truePeak, 0.25);
      // Its 95 % is the next higher value than EBU Tech 3342's, which shows in short sounds.
      assertNear(ours.range, theirs.range, 0.5);
    });
  }

  for (const name of ['speech/arabic.wav', 'speech/english-jfk.wav', 'speech/chinese.wav']) {
    it(`agrees with FFmpeg about ${name}`, async function () {
      const file = needFixture(this, name);
      const ours = await measureLoudness(file, never);
      const theirs = await reference(ffmpeg, file);
      assertNear(ours.integrated, theirs.integrated, 0.15);
      assertNear(ours.truePeak, theirs.truePeak, 0.25);
    });
  }

  it('measures the sound of other files through FFmpeg', async () => {
    const original = await wav([speech(6, 48_000, 20), speech(6, 48_000, 21)], 48_000);
    const flac = path.join(folder, 'sound.flac');
    await ffmpeg.run({ inputs: [{ source: original }], outputs: [{ target: flac, options: [] }] });
    assert.deepEqual(
      await measureLoudness(flac, async () => ffmpeg),
      await measureLoudness(original, never),
    );
  });

  it('measures nothing where there is nothing to measure', async () => {
    const silence = await wav([new Float64Array(16_000)], 16_000);
    const nothing = { integrated: null, range: null, truePeak: null };
    assert.deepEqual(await measureLoudness(silence, never), nothing);
    const short = await measureLoudness(await wav([sine(440, 0.3, 16_000, 0.5)], 16_000), never);
    assert.equal(short.integrated, null);
    assertNear(short.truePeak, -6.02, 0.1);
  });

  it('says E_PATH of a file that is not there', async () => {
    await assert.rejects(measureLoudness(path.join(folder, 'absent.wav'), never), {
      code: 'E_PATH',
    });
  });

  it('refuses files without sound', async () => {
    const video = path.join(folder, 'mute.mp4');
    await ffmpeg.run({
      inputs: [{ source: 'testsrc=size=64x64:duration=1', options: ['-f', 'lavfi'] }],
      outputs: [{ target: video, options: [] }],
    });
    await assert.rejects(
      measureLoudness(video, async () => ffmpeg),
      { code: 'E_INPUT', message: /with sound/ },
    );
  });
});

function withClicks(channel: Channel): Channel {
  return channel.map((value, i) => (i % 9000 === 8000 ? 0.95 : value));
}

/** Fades in and out: a filter answers a tone that starts at once with a peak of its own. */
function faded(channel: Channel): Channel {
  const middle = channel.length / 2;
  return channel.map((value, i) => value * Math.min(1, (1 - Math.abs(i / middle - 1)) * 10));
}

function assertNear(actual: number | null, expected: number, tolerance: number): void {
  assert.ok(
    actual !== null && Math.abs(actual - expected) <= tolerance,
    `${actual} is not within ${tolerance} of ${expected}`,
  );
}
