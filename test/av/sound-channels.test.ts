import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openFfmpeg } from '../../src/av/ffmpeg/open';
import type { Ffmpeg } from '../../src/av/ffmpeg/types';
import { openSound } from '../../src/av/loudness/measure';
import { findChannelFault } from '../../src/av/sound-channels';
import { readWav } from '../../src/av/wav';
import { resolveParameters, type SpeechPayload, type StageContext } from '../../src/contract';
import { soundOf } from '../../src/lipsync/sound';
import { run as runLoudnorm } from '../../src/loudness/run';
import { loudnorm } from '../../src/loudness/stage';
import { noise, scaled, sine, speech, writeWav, type Channel } from '../loudness/sounds';

const RATE = 16_000;
const voice = speech(2, RATE, 1);
const silence = new Float64Array(voice.length);
const random = noise(7);
const hiss = silence.map(() => 0.05 * random());

describe('the channels of a sound', () => {
  let ffmpeg: Ffmpeg;
  let folder: string;
  let runs = 0;
  before(async () => {
    ffmpeg = await openFfmpeg();
    folder = await mkdtemp(path.join(tmpdir(), 'lipwire-channels-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const wav = (channels: Channel[]): Promise<string> =>
    writeWav(path.join(folder, `in-${runs++}.wav`), channels, RATE);

  async function context(): Promise<StageContext> {
    const own = path.join(folder, `run-${runs++}`);
    await mkdir(own);
    return {
      signal: new AbortController().signal,
      folder: own,
      settings: { ffmpegPath: '', modelsFolder: '', device: 'cpu', acceptNonCommercial: false },
      progress: () => undefined,
    };
  }

  async function normalised(file: string): Promise<SpeechPayload> {
    const parameters = resolveParameters(loudnorm.parameters, []);
    return runLoudnorm({ kind: 'file', file }, parameters, await context());
  }

  const codes = (notes: readonly { code: string }[] | null | undefined): string[] =>
    (notes ?? []).map(({ code }) => code).filter((code) => code !== 'N_LOUDNESS');

  /** Mean square of the mean of all channels, and of the loudest one. */
  async function powers(file: string): Promise<{ mix: number; loudest: number; least: number }> {
    const { channels } = await readWav(file);
    const power = (plane: Float32Array): number =>
      plane.reduce((sum, value) => sum + value * value, 0) / plane.length;
    const mean = channels[0].map(
      (_, i) => channels.reduce((sum, plane) => sum + plane[i], 0) / channels.length,
    );
    const all = channels.map(power);
    return { mix: power(mean), loudest: Math.max(...all), least: Math.min(...all) };
  }

  const late = voice.map((_, i) => voice[i - 200] ?? 0);
  const partly = voice.map((value, i) => (i < voice.length / 2 ? value : -value));
  for (const [name, channels, expected] of [
    ['one channel', [voice], undefined],
    ['the same on both', [voice, voice], undefined],
    ['the same, one of them softer', [voice, scaled(voice, 0.5)], undefined],
    ['the same, one of them later', [voice, late], undefined],
    ['independent noise', [hiss, hiss.map(() => 0.05 * random())], undefined],
    ['opposite channels', [voice, scaled(voice, -1)], 'N_CHANNELS_CANCEL'],
    ['opposite channels of other levels', [voice, scaled(voice, -0.9)], 'N_CHANNELS_CANCEL'],
    ['opposite in the second half', [voice, partly], 'N_CHANNELS_CANCEL'],
    [
      'opposite pairs of four',
      [voice, scaled(voice, -1), voice, scaled(voice, -1)],
      'N_CHANNELS_CANCEL',
    ],
    ['a voice on the left alone', [voice, silence], 'N_ONE_SIDED'],
    ['a voice on the right, faint on the left', [scaled(voice, 0.05), voice], 'N_ONE_SIDED'],
    [
      'a voice in the centre of 5.1',
      [silence, silence, voice, silence, silence, silence],
      'N_ONE_SIDED',
    ],
    ['silence', [silence, silence], undefined],
  ] as const) {
    it(`have ${expected ?? 'no fault'}: ${name}`, async () => {
      const file = await wav([...channels]);
      const sound = await openSound(file, '', () => Promise.resolve(ffmpeg));
      const fault = await findChannelFault(sound);
      assert.equal(fault?.note.code, expected);
    });
  }

  it('are the loudest one in the loudness stage where they cancel', async () => {
    const made = await normalised(await wav([voice, scaled(voice, -1)]));
    assert.deepEqual(codes(made.notes), ['N_CHANNELS_CANCEL']);
    assert.equal(made.channels, 2);
    const { mix, loudest } = await powers(made.file);
    assert.ok(mix > 0.98 * loudest, `${mix} of ${loudest}`);
    const plain = await normalised(await wav([voice, voice]));
    assert.deepEqual(await readFile(made.file), await readFile(plain.file));
    assert.deepEqual(codes(plain.notes), []);
  });

  it('are both the voice where it was on one', async () => {
    const made = await normalised(await wav([silence, voice]));
    assert.deepEqual(codes(made.notes), ['N_ONE_SIDED']);
    const { loudest, least } = await powers(made.file);
    assert.ok(least > 0.98 * loudest);
  });

  it('drive the mouth by the loudest one where they cancel, without the loudness stage too', async () => {
    const inverted = await wav([voice, scaled(voice, -1)]);
    const heard = await soundOf({ kind: 'file', file: inverted }, await context());
    assert.deepEqual(codes(heard.notes), ['N_CHANNELS_CANCEL']);
    assert.deepEqual(await readFile(heard.file), await readFile(await wav([voice])));
    const plain = await wav([voice, voice]);
    const same = await soundOf({ kind: 'file', file: plain }, await context());
    assert.deepEqual(same, { file: plain, notes: [] });
  });

  /** A Matroska file with sounds of one second; the flagged one is the default. */
  async function tracks(sounds: readonly Channel[], flagged?: number): Promise<string> {
    const target = path.join(folder, `tracks-${runs++}.mkv`);
    const files = await Promise.all(sounds.map((sound) => wav([sound])));
    const flags = files.flatMap((_, i) => [`-disposition:a:${i}`, i === flagged ? 'default' : '0']);
    const maps = files.flatMap((_, i) => ['-map', String(i)]);
    const options = [...maps, '-c:a', 'flac', ...flags];
    await ffmpeg.run({
      inputs: files.map((source) => ({ source })),
      outputs: [{ target, options }],
    });
    return target;
  }
  const tone = sine(440, 1, RATE, 0.3);
  const other = sine(880, 1, RATE, 0.3);
  const quiet = new Float64Array(tone.length);

  /** Zero crossings a second: twice the frequency of a tone. */
  async function pitch(file: string): Promise<number> {
    const [plane] = (await readWav(file)).channels;
    let crossings = 0;
    for (let i = 1; i < plane.length; i++) if (plane[i - 1] < 0 !== plane[i] < 0) crossings++;
    return Math.round((crossings * RATE) / (2 * plane.length));
  }

  for (const [name, sounds, flagged, hertz, number] of [
    ['the first of two', [tone, other], undefined, 440, undefined],
    ['the one that is flagged as default', [tone, other], 1, 880, 2],
    ['the first that is not silent', [quiet, other, tone], undefined, 880, 2],
    ['another than a silent default', [tone, quiet], 1, 440, undefined],
    ['the flagged one after silence', [quiet, tone], 1, 440, 2],
  ] as const) {
    it(`come from ${name}`, async () => {
      const file = await tracks(sounds, flagged);
      const made = await normalised(file);
      const heard = await soundOf({ kind: 'file', file }, await context());
      for (const { file: sound, notes } of [made, heard]) {
        assert.ok(Math.abs((await pitch(sound)) - hertz) < 15);
        const note = (notes ?? []).find(({ code }) => code === 'N_TRACK');
        assert.equal(note?.values?.['number'], number);
      }
    });
  }
});

describe('a file that is no whole sound', () => {
  let ffmpeg: Ffmpeg;
  let folder: string;
  before(async () => {
    ffmpeg = await openFfmpeg();
    folder = await mkdtemp(path.join(tmpdir(), 'lipwire-broken-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const refuses = async (name: string, bytes: Buffer, message: RegExp): Promise<void> => {
    const file = path.join(folder, name);
    await writeFile(file, bytes);
    const opening = openSound(file, path.join(folder, 'decoded'), () => Promise.resolve(ffmpeg));
    await assert.rejects(opening, { code: 'E_INPUT', message });
  };

  async function encoded(name: string, options: string[]): Promise<Buffer> {
    const source = await writeWav(path.join(folder, 'voice.wav'), [voice], RATE);
    const target = path.join(folder, name);
    await ffmpeg.run({ inputs: [{ source }], outputs: [{ target, options }] });
    return readFile(target);
  }

  it('is refused as empty', () => refuses('a.mp3', Buffer.alloc(0), /is empty; get it again\.$/));

  it('is refused as raw PCM with the remedy', async () => {
    const samples = (await encoded('voice.wav.wav', ['-c:a', 'pcm_s16le'])).subarray(44);
    const raw =
      /looks like raw PCM[^.]*; wrap it in a WAV, for example with ffmpeg -f s16le -ar RATE/;
    for (const name of ['voice.raw', 'voice.pcm', 'voice.s16le']) await refuses(name, samples, raw);
    await refuses('voice.dat', samples, raw);
  });

  it('is refused as cut off where it ends before its index, and taken as far as it goes elsewhere', async () => {
    const cut = /ends too early; get it again\.$/;
    const m4a = await encoded('voice.m4a', ['-c:a', 'aac']);
    await refuses('cut.m4a', m4a.subarray(0, m4a.length / 2), cut);
    await refuses('named.wav', m4a.subarray(0, m4a.length / 2), cut);
    for (const [name, options] of [
      ['voice.mp3', ['-c:a', 'libmp3lame']],
      ['voice.ogg', ['-c:a', 'libvorbis', '-page_duration', '100000']],
      ['voice.flac', ['-c:a', 'flac']],
      ['voice.webm', ['-c:a', 'libopus']],
      ['voice.mkv', ['-c:a', 'flac']],
    ] as const) {
      const whole = await encoded(name, [...options]);
      const half = path.join(folder, `half-${name}`);
      await writeFile(half, whole.subarray(0, Math.floor(whole.length / 2)));
      const decoded = path.join(folder, 'decoded');
      const { duration } = await openSound(half, decoded, () => Promise.resolve(ffmpeg));
      assert.ok(duration > 0.3 && duration < 1.9, `${name}: ${duration} s`);
      await refuses(`head-${name}`, whole.subarray(0, 24), cut);
    }
  });
});
