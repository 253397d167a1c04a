import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { openFfmpeg } from '../../src/av/ffmpeg/open';
import type { Ffmpeg } from '../../src/av/ffmpeg/types';
import {
  fraction,
  LipwireError,
  type Progress,
  type SpeechPayload,
  resolveParameters,
  type StageContext,
} from '../../src/contract';
import { run as runLoudnorm } from '../../src/loudness/run';
import { needFixture } from '../support/fixtures';
import { reference } from './reference';
import { mixed, noise, scaled, sine, speech, writeWav, type Channel } from './sounds';
import { loudnorm } from '../../src/loudness/stage';
import type { StageInput, StageParameters } from '../../src/stages';

describe('The loudnorm stage', () => {
  let ffmpeg: Ffmpeg;
  let folder: string;
  let runs = 0;
  before(async () => {
    ffmpeg = await openFfmpeg();
    folder = await mkdtemp(path.join(tmpdir(), 'lipwire-loudnorm-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const STREAMING = resolveParameters(loudnorm.parameters, []);

  function context(changes: Partial<StageContext> = {}): StageContext {
    return {
      signal: new AbortController().signal,
      folder,
      settings: { ffmpegPath: '', modelsFolder: '', device: 'cpu', acceptNonCommercial: false },
      progress: () => undefined,
      ...changes,
    };
  }

  async function run(
    input: StageInput<'loudnorm'> | string,
    parameters: StageParameters<'loudnorm'> = STREAMING,
    changes: Partial<StageContext> = {},
  ): Promise<SpeechPayload & Required<Pick<SpeechPayload, 'loudness'>>> {
    const own = path.join(folder, `run-${runs++}`);
    await mkdir(own);
    const given = typeof input === 'string' ? { kind: 'file' as const, file: input } : input;
    const result = await runLoudnorm(given, parameters, context({ folder: own, ...changes }));
    assert.ok(result.loudness);
    return { ...result, loudness: result.loudness };
  }

  const wav = (channels: Channel[], rate: number, format?: 'f32'): Promise<string> =>
    writeWav(path.join(folder, 'in.wav'), channels, rate, format);

  /** Holds what is promised: measured by FFmpeg on the result, as well as reported. */
  async function holds(
    result: Awaited<ReturnType<typeof run>>,
    target: { integrated: number; truePeak: number },
  ): Promise<void> {
    const measured = await reference(ffmpeg, result.file);
    const { loudness } = result;
    assert.ok(
      Math.abs(measured.integrated - target.integrated) <= 0.5,
      `${measured.integrated} LUFS`,
    );
    assert.ok(Math.abs((loudness.integrated ?? 0) - target.integrated) <= 0.15);
    assert.ok((loudness.truePeak ?? 0) <= target.truePeak, `${loudness.truePeak} dBTP`);
    // FFmpeg prints one decimal and interpolates with another filter.
    assert.ok(measured.truePeak <= target.truePeak + 0.15, `${measured.truePeak} dBTP by FFmpeg`);
  }

  const random = noise(99);
  const hiss = (seconds: number, rate: number, level: number): Channel =>
    Float64Array.from({ length: seconds * rate }, () => level * random());
  const peaky = (seconds: number, rate: number): Channel =>
    speech(seconds, rate, 31, 0.02).map((value, i) => (i % 7000 === 6000 ? 0.9 : value));
  const sounds: [string, number, () => Channel[]][] = [
    ['speech at 8 kHz', 8000, () => [speech(5, 8000, 1)]],
    ['speech at 16 kHz', 16_000, () => [speech(5, 16_000, 2)]],
    ['speech at 22050 Hz', 22_050, () => [speech(5, 22_050, 3)]],
    ['speech at 48 kHz in stereo', 48_000, () => [speech(4, 48_000, 4), speech(4, 48_000, 5)]],
    ['very quiet speech', 16_000, () => [speech(5, 16_000, 6, 0.002)]],
    ['loud speech', 16_000, () => [speech(5, 16_000, 7, 0.7)]],
    ['clipped speech', 16_000, () => [speech(5, 16_000, 8, 3)]],
    ['peaky speech', 16_000, () => [peaky(5, 16_000)]],
    ['noisy speech', 24_000, () => [mixed(speech(5, 24_000, 9), hiss(5, 24_000, 0.05))]],
    ['one word between silences', 22_050, () => [speech(1.1, 22_050, 10)]],
    [
      'speech on one channel of two',
      16_000,
      () => [speech(5, 16_000, 11), new Float64Array(80_000)],
    ],
  ];
  for (const [name, rate, make] of sounds) {
    it(`brings ${name} to -16 LUFS under -1.5 dBTP, sample for sample as long`, async () => {
      const channels = make();
      const result = await run(await wav(channels, rate));
      await holds(result, { integrated: -16, truePeak: -1.5 });
      const [stream] = (await ffmpeg.probe(result.file)).streams;
      assert.equal(stream?.sampleRate, rate);
      assert.equal(stream?.channels, channels.length);
      const samples = ((await readFile(result.file)).length - 44) / 2 / channels.length;
      assert.equal(samples, channels[0]?.length);
      assert.equal(result.duration, samples / rate);
    });
  }

  it('meets every preset and custom targets', async () => {
    const file = await wav([speech(5, 16_000, 40)], 16_000);
    const targets = [
      [
        { ...STREAMING, preset: 'broadcast' },
        { integrated: -23, truePeak: -1 },
      ],
      [
        { ...STREAMING, preset: 'podcast' },
        { integrated: -19, truePeak: -1.5 },
      ],
      [
        { preset: 'custom', integrated: -30, truePeak: -9, range: 50 },
        { integrated: -30, truePeak: -9 },
      ],
    ] as const;
    for (const [parameters, target] of targets) {
      const result = await run(file, parameters);
      assert.equal(result.loudness.target, target.integrated);
      await holds(result, target);
    }
  });

  for (const name of ['speech/arabic.wav', 'speech/english-jfk.wav', 'speech/chinese.wav']) {
    it(`brings ${name} to -16 LUFS`, async function () {
      const result = await run(needFixture(this, name));
      await holds(result, { integrated: -16, truePeak: -1.5 });
    });
  }

  it('applies one gain where the peaks allow it', async () => {
    const input = scaled(speech(5, 16_000, 50), 0.2);
    const result = await run(await wav([input], 16_000), { ...STREAMING, preset: 'broadcast' });
    const { mode, gain, before, integrated, note } = result.loudness;
    assert.equal(mode, 'linear');
    assert.equal(note, undefined);
    assert.ok(Math.abs((before.integrated ?? 0) + gain - (integrated ?? 0)) < 0.02);
    const output = await samplesOf(result.file);
    const factor = 10 ** (gain / 20);
    for (let i = 0; i < output.length; i++) {
      const expected = Math.round((input[i] ?? 0) * 32_768) * factor;
      assert.ok(Math.abs((output[i] ?? 0) - expected) < 4, `sample ${i}`);
    }
  });

  it('limits only around the peaks that are too high', async () => {
    const quiet = scaled(speech(6, 16_000, 51), 0.1);
    const click = 48_000;
    quiet[click] = 0.95;
    const file = await wav([quiet], 16_000);
    const result = await run(file, { ...STREAMING, preset: 'broadcast' });
    const { mode, gain, note } = result.loudness;
    assert.equal(mode, 'dynamic');
    assert.match(note ?? '', /peaks limited by up to \d/);
    const output = await samplesOf(result.file);
    const factor = 10 ** (gain / 20);
    for (let i = 0; i < output.length; i++) {
      // For 10 ms before it and a second after it the gain is on its way.
      if (i > click - 160 && i < click + 16_000) continue;
      const expected = Math.round((quiet[i] ?? 0) * 32_768) * factor;
      assert.ok(Math.abs((output[i] ?? 0) - expected) < 8, `sample ${i}`);
    }
  });

  it('keeps digital silence exactly silent', async () => {
    const result = await run(await wav([speech(3, 16_000, 52)], 16_000));
    const output = await samplesOf(result.file);
    assert.ok(output.subarray(0, 3900).every((value) => value === 0));
    assert.ok(output.subarray(-5000).every((value) => value === 0));
  });

  it('gives the same bytes for the same input', async () => {
    const file = await wav([peaky(3, 16_000)], 16_000);
    const [a, b] = [await run(file), await run(file)];
    assert.ok((await readFile(a.file)).equals(await readFile(b.file)));
  });

  it('evens out a loudness range that is wider than the target', async () => {
    const parts = [0.4, 0.03, 0.4, 0.05].flatMap((level, i) => [
      ...speech(8, 16_000, 60 + i, level),
    ]);
    const result = await run(await wav([Float64Array.from(parts)], 16_000), {
      ...STREAMING,
      preset: 'custom',
      range: 7,
    });
    assert.ok((result.loudness.before.range ?? 0) > 12);
    assert.ok((result.loudness.range ?? 99) <= 7.3, String(result.loudness.range));
    assert.equal(result.loudness.mode, 'dynamic');
    assert.match(result.loudness.note ?? '', /range .* evened out to 7 LU/);
    await holds(result, { integrated: -16, truePeak: -1.5 });
  });

  it('leaves silence as it is and says so', async () => {
    for (const level of [0, 0.00003]) {
      const result = await run(await wav([scaled(sine(500, 2, 16_000, 1), level)], 16_000));
      assert.equal(result.loudness.mode, 'none');
      assert.equal(result.loudness.integrated, null);
      assert.match(result.loudness.note ?? '', /silent/);
      assert.deepEqual(
        result.notes?.map(({ code, values }) => [code, values?.type]),
        [['N_LOUDNESS', 'silent']],
      );
      assert.match(result.notes?.[0]?.text ?? '', /^Loudness: .*silent.*\.$/);
      assert.equal(result.duration, 2);
    }
  });

  it('sets sounds under 0.4 s by their mean level and says so', async () => {
    for (const seconds of [0.001, 0.05, 0.399]) {
      const result = await run(await wav([sine(1000, seconds, 16_000, 0.05)], 16_000));
      assert.equal(result.loudness.integrated, null);
      assert.match(result.loudness.note ?? '', /shorter than 0\.4 s/);
      assert.ok((result.loudness.truePeak ?? 0) <= -1.5);
      assert.equal(result.duration, Math.round(seconds * 16_000) / 16_000);
    }
    const tone = await run(await wav([sine(1000, 0.3, 16_000, 0.05)], 16_000));
    // A sine at −16 LUFS has its peak at −13 dB.
    assert.ok(Math.abs((tone.loudness.truePeak ?? 0) + 13) < 0.7, String(tone.loudness.truePeak));
  });

  it('says how much of the input is clipped', async () => {
    const clipped = speech(3, 16_000, 70, 4);
    const { loudness } = await run(await wav([clipped], 16_000));
    assert.match(loudness.note ?? '', /came clipped: \d+ samples at full scale in \d+ places/);
  });

  it('removes a constant offset and says so', async () => {
    const shifted = speech(4, 16_000, 71, 0.1).map((value) => value + 0.3);
    const result = await run(await wav([shifted], 16_000));
    await holds(result, { integrated: -16, truePeak: -1.5 });
    assert.match(result.loudness.note ?? '', /offset of 3\d\.\d % was removed/);
    const output = await samplesOf(result.file);
    const mean = output.reduce((sum, value) => sum + value, 0) / output.length / 32_768;
    assert.ok(Math.abs(mean) < 0.001);
    const constant = await run(await wav([new Float64Array(32_000).fill(0.5)], 16_000));
    assert.equal(constant.loudness.mode, 'none');
  });

  it('turns values that are not numbers into silence and says so', async () => {
    const broken = speech(3, 16_000, 72);
    broken[5000] = NaN;
    broken[6000] = Infinity;
    const result = await run(await wav([broken], 16_000, 'f32'));
    assert.match(result.loudness.note ?? '', /2 values that are not numbers/);
    await holds(result, { integrated: -16, truePeak: -1.5 });
  });

  it('says when a target is out of reach, and keeps the true-peak limit', async () => {
    const parameters = { preset: 'custom', integrated: -5, truePeak: -9, range: 11 } as const;
    const { loudness } = await run(await wav([speech(4, 16_000, 73)], 16_000), parameters);
    assert.ok((loudness.truePeak ?? 0) <= -9);
    assert.match(loudness.note ?? '', /-5 LUFS is out of reach under -9 dBTP/);
    const told = loudness.notes?.find(({ type }) => type === 'outOfReach');
    assert.deepEqual(told, { type: 'outOfReach', integrated: -5, truePeak: -9 });
  });

  it('takes any file with sound', async () => {
    const original = await wav([speech(4, 44_100, 80), speech(4, 44_100, 81)], 44_100);
    for (const name of ['sound.mp3', 'sound.ogg', 'sound.flac', 'video.mp4', '24bit.wav']) {
      const file = path.join(folder, name);
      const video = { source: 'testsrc=size=64x64:duration=4', options: ['-f', 'lavfi'] };
      const inputs = [{ source: original }, ...(name === 'video.mp4' ? [video] : [])];
      const options = name === '24bit.wav' ? ['-c:a', 'pcm_s24le'] : [];
      await ffmpeg.run({ inputs, outputs: [{ target: file, options }] });
      const result = await run(file);
      await holds(result, { integrated: -16, truePeak: -1.5 });
      assert.deepEqual([result.kind, result.engine, result.channels], ['speech', 'file', 2]);
      assert.ok(Math.abs(result.duration - 4) < 0.1);
      assert.deepEqual(await readdir(path.dirname(result.file)), ['loudness.json', 'speech.wav']);
    }
  });

  it('passes text, cues and everything else of speech through', async () => {
    const file = await wav([speech(2, 16_000, 82)], 16_000);
    const given: SpeechPayload & { mine: number } = {
      kind: 'speech',
      file,
      duration: 2,
      sampleRate: 16_000,
      channels: 1,
      text: 'Hello.',
      language: 'en',
      voice: 'en-us',
      engine: 'espeak',
      cues: [{ type: 'phoneme', value: 'h', start: 0.25, end: 0.3 }],
      mine: 7,
    };
    const copy = structuredClone(given);
    const { loudness, file: written, ...rest } = await run(given);
    assert.ok(loudness.integrated);
    assert.notEqual(written, file);
    assert.deepEqual({ ...rest, file }, given);
    assert.deepEqual(given, copy);
  });

  it('reports progress that does not fall and ends at the whole', async () => {
    const seen: Progress[] = [];
    const file = await wav([peaky(4, 16_000)], 16_000);
    await run(file, STREAMING, { progress: (update) => seen.push(update) });
    const shares = seen.map(fraction);
    assert.equal(shares.at(-1), 1);
    assert.deepEqual(
      shares,
      shares.toSorted((a, b) => a - b),
    );
  });

  it('can be cancelled', async () => {
    const controller = new AbortController();
    const file = await wav([speech(4, 16_000, 83)], 16_000);
    const progress = (): void => controller.abort();
    const cancelled = run(file, STREAMING, { signal: controller.signal, progress });
    await assert.rejects(cancelled, { code: 'E_CANCELLED' });
  });

  it('refuses what has no sound', async () => {
    const text = path.join(folder, 'text.wav');
    await writeFile(text, 'this is not a sound');
    const empty = path.join(folder, 'empty.wav');
    await writeWav(empty, [new Float64Array(0)], 16_000);
    const nothing = path.join(folder, 'nothing.mp3');
    await writeFile(nothing, '');
    const codes: [string, string][] = [
      [text, 'E_INPUT'],
      [empty, 'E_INPUT'],
      [nothing, 'E_INPUT'],
      [path.join(folder, 'absent.wav'), 'E_PATH'],
      [folder, 'E_PATH'],
    ];
    for (const [file, code] of codes) {
      await assert.rejects(run(file), (error) => {
        assert.ok(error instanceof LipwireError);
        assert.equal(error.code, code, `${file}: ${error.message}`);
        return true;
      });
    }
  });

  it('takes a WAV that was cut off at what is there', async () => {
    const file = await wav([speech(4, 16_000, 84)], 16_000);
    await truncate(file, 44 + 2 * 48_000);
    assert.equal((await run(file)).duration, 3);
  });

  it('keeps its promise for speech of any level, rate and seed', async function () {
    this.timeout(240_000);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1e6 }),
        fc.constantFrom(8000, 11_025, 16_000, 22_050, 32_000),
        fc.double({ min: -55, max: 12, noNaN: true }),
        async (seed, rate, level) => {
          const file = await wav([speech(3, rate, seed, 10 ** (level / 20))], rate);
          await holds(await run(file), { integrated: -16, truePeak: -1.5 });
        },
      ),
      // The example was missed once: the absolute gate left out of it what counts once it is raised.
      { numRuns: 12, examples: [[588_534, 11_025, -51.5617098431776]] },
    );
  });
});

async function samplesOf(file: string): Promise<Int16Array> {
  const data = await readFile(file);
  return new Int16Array(data.buffer.slice(data.byteOffset + 44, data.byteOffset + data.length));
}
