import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { openFfmpeg } from '../../../src/av/ffmpeg/open';
import { melColumns, MelStream, melOfFile } from '../../../src/lipsync/wav2lip/mel';
import { encodeWav, writeWav } from '../../../src/av/wav';
import { goldenSound } from './golden-sound';

const signal = new AbortController().signal;

describe('mel spectrogram of a file', () => {
  let folder: string;
  before(async () => (folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-mel-'))));
  after(() => rm(folder, { recursive: true }));

  async function melOf(file: string): Promise<number[]> {
    const ffmpeg = await openFfmpeg();
    const values: number[] = [];
    for await (const piece of melOfFile({ ffmpeg, file, signal })) values.push(...piece);
    return values;
  }

  it('of 16 kHz mono equals the one of its samples', async () => {
    const file = path.join(folder, 'plain.wav');
    // 16-bit samples, so that the file holds exactly what is compared.
    const samples = goldenSound().map((x) => Math.round(x * 32_767) / 32_768);
    await writeWav(file, { sampleRate: 16_000, channels: [samples] });
    const decoded = samples.map((x) => Math.round(Math.fround(x) * 32_768) / 32_768);
    const stream = new MelStream();
    const expected = [...stream.push(decoded), ...stream.finish()];
    const actual = await melOf(file);
    assert.equal(actual.length, expected.length);
    const worst = Math.max(...actual.map((value, i) => Math.abs(value - expected[i])));
    assert.ok(worst < 0.15, `${worst}`);
    const mean = actual.reduce((sum, v, i) => sum + Math.abs(v - expected[i]), 0) / actual.length;
    assert.ok(mean < 1e-3, `${mean}`);
  });

  it('of 44.1 kHz stereo is close to the one of 16 kHz, and has the same columns', async () => {
    const tone = (rate: number): Float32Array =>
      Float32Array.from({ length: 2 * rate }, (_, i) => {
        const t = i / rate;
        return 0.4 * Math.sin(2 * Math.PI * (300 + 1200 * t) * t) * Math.sin(Math.PI * t) ** 2;
      });
    const wide = path.join(folder, 'wide.wav');
    const left = tone(44_100);
    // The mean of both channels is the tone.
    const both = [left.map((x) => x * 1.5), left.map((x) => x * 0.5)];
    await writeWav(wide, { sampleRate: 44_100, channels: both });
    const actual = await melOf(wide);
    const stream = new MelStream();
    const expected = [...stream.push(tone(16_000)), ...stream.finish()];
    assert.equal(actual.length, expected.length);
    assert.equal(actual.length, melColumns(32_000) * 80);
    // Loud values only: below, the 16-bit noise of the file speaks.
    const loud = expected.flatMap((value, i) => (value > -1 ? [Math.abs(value - actual[i])] : []));
    assert.ok(loud.length > 500);
    assert.ok(Math.max(...loud) < 0.03, `${Math.max(...loud)}`);
  });

  it('stops FFmpeg when its reader stops, and when the job is cancelled', async () => {
    const file = path.join(folder, 'long.wav');
    const channels = [new Float32Array(16_000 * 120)];
    await writeFile(file, encodeWav({ sampleRate: 16_000, channels }));
    const ffmpeg = await openFfmpeg();
    for await (const piece of melOfFile({ ffmpeg, file, signal })) {
      if (piece.length > 0) break;
    }
    const cancel = new AbortController();
    const reading = melOfFile({ ffmpeg, file, signal: cancel.signal });
    await reading.next();
    cancel.abort();
    await assert.rejects(
      async () => {
        for await (const piece of reading) assert.ok(piece);
      },
      { code: 'E_CANCELLED' },
    );
  });

  it('says that a file has no sound', async () => {
    const file = path.join(folder, 'text.wav');
    await writeFile(file, 'not a sound');
    await assert.rejects(melOf(file), (error: { code: string }) =>
      /^E_(INPUT|FFMPEG)$/.test(error.code),
    );
  });
});
