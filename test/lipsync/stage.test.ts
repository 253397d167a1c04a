import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { openFfmpeg } from '../../src/av/ffmpeg/open';
import { writeWav } from '../../src/av/wav';
import {
  type FacePayload,
  type FaceTrack,
  type Progress,
  objectSource,
  resolveParameters,
  LIPS_INNER,
  LIPS_OUTER,
  type StageContext,
} from '../../src/contract';
import { loadPortrait } from '../../src/lipsync/face';
import { run as runWav2lip } from '../../src/lipsync/run';
import { drawnFace } from '../support/drawn-face';
import { noise } from '../support/noise';
import { wav2lip } from '../../src/lipsync/stage';

const SAMPLES = 9000;
const RATE = 16000;

describe('the wav2lip stage with the built-in engine', () => {
  let folder: string;
  let wav: string;

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-wav2lip-'));
    wav = path.join(folder, 'speech.wav');
    await writeWav(wav, { sampleRate: RATE, channels: [noise(SAMPLES, -0.3, 0.3)] });
  });
  after(() => rm(folder, { recursive: true }));

  /** A portrait in a file, with its track. */
  async function faceOf(
    width: number,
    height: number,
    scale = 1,
    opened = 0,
  ): Promise<FacePayload> {
    const { picture, landmarks: closed } = drawnFace(width, height);
    const lower = new Set<number>([...LIPS_INNER.slice(11), ...LIPS_OUTER.slice(11)]);
    const landmarks = closed.map(([x, y], i) => [x, lower.has(i) ? y + opened : y] as const);
    const file = path.join(folder, `${width}x${height}@${scale}+${opened}.png`);
    const [w, h] = [width * scale, height * scale];
    await sharp(picture.data, { raw: { width, height, channels: 3 } })
      .resize(w, h)
      .toFile(file);
    const points = landmarks.map(([x, y]): [number, number, number] => [x * scale, y * scale, 0]);
    const box: [number, number, number, number] = [0, 0, w, h];
    const frames = [{ box, score: 1, landmarks: points }];
    const track: FaceTrack = { version: 1, topology: 'facemesh-468', width: w, height: h, frames };
    await writeFile(`${file}.json`, JSON.stringify(track));
    return {
      kind: 'face',
      source: { file, type: 'image', width: w, height: h },
      detector: 'test',
      faces: [{ box, score: 1, roll: 0 }],
      selected: 0,
      track: `${file}.json`,
    };
  }

  async function contextOf(signal = new AbortController().signal) {
    const own = await mkdtemp(path.join(folder, 'job-'));
    const updates: Progress[] = [];
    const context: StageContext = {
      signal,
      folder: own,
      settings: { ffmpegPath: '', modelsFolder: '', device: 'auto', acceptNonCommercial: false },
      progress: (update) => updates.push(update),
    };
    return { context, updates };
  }

  const parameters = (values: object = {}) =>
    resolveParameters(wav2lip.parameters, [objectSource('msg.', values)]);
  const file = (name: string) => ({ kind: 'file', file: name }) as const;

  it('takes a face whose source does not say its type for a picture', async () => {
    const { context } = await contextOf();
    const face = await faceOf(121, 145);
    const source = { ...face.source, type: undefined };
    const bare = { ...face, source } as unknown as FacePayload;
    const clip = await runWav2lip({ speech: file(wav), face: bare }, parameters(), context);
    assert.equal(clip.engine.model, 'builtin');
    assert.equal(clip.fps, 25);
  });

  it('says so where a mouth stands so wide open that it cannot be closed well', async () => {
    for (const opened of [0, 8, 30]) {
      const { context } = await contextOf();
      const face = await faceOf(121, 145, 1, opened);
      const { notes = [] } = await runWav2lip({ speech: file(wav), face }, parameters(), context);
      assert.deepEqual(
        notes.map(({ code }) => code),
        opened === 30 ? ['N_MOUTH_OPEN'] : [],
      );
    }
  });

  it('makes a clip of exactly ceil(samples / rate × fps) frames, with its sound', async () => {
    const { context, updates } = await contextOf();
    const face = await faceOf(121, 145);
    const speech = {
      kind: 'speech' as const,
      file: wav,
      duration: SAMPLES / RATE,
      sampleRate: RATE,
      channels: 1,
      engine: 'test',
      text: 'Ah!',
      language: 'en',
      cues: [{ type: 'phoneme' as const, value: 'a', start: 0, end: 0.5 }],
    };
    const clip = await runWav2lip({ speech, face }, parameters({ fps: 29.97 }), context);
    assert.equal(clip.frames, Math.ceil(((SAMPLES / RATE) * 30000) / 1001));
    assert.deepEqual([clip.width, clip.height], [120, 144]);
    assert.deepEqual([clip.text, clip.language], ['Ah!', 'en']);
    assert.equal(clip.engine.model, 'builtin');
    assert.match(clip.engine.reason ?? '', /no Wav2Lip weights/);
    assert.equal(clip.report.drivenBy, 'cues');
    const ffmpeg = await openFfmpeg(context.settings.ffmpegPath);
    for (const name of [clip.file, clip.master!]) {
      const { streams } = await ffmpeg.probe(name);
      const picture = streams.find(({ type }) => type === 'video');
      assert.equal(picture?.frames, clip.frames);
      assert.ok(streams.some(({ type }) => type === 'audio'));
    }
    const done = updates.flatMap((update) => (update.type === 'running' ? [update.done] : []));
    assert.deepEqual(
      [...done].sort((a, b) => a - b),
      done,
    );
    assert.equal(done.at(-1), clip.frames);
  });

  it('takes other sounds than WAV, and drives the mouth by them', async () => {
    const { context } = await contextOf();
    const ffmpeg = await openFfmpeg(context.settings.ffmpegPath);
    const flac = path.join(folder, 'speech.flac');
    await ffmpeg.run({ inputs: [{ source: wav }], outputs: [{ target: flac, options: [] }] });
    const face = await faceOf(96, 112);
    const clip = await runWav2lip(
      { speech: file(flac), face },
      parameters({ headMotion: true }),
      context,
    );
    assert.equal(clip.frames, 15);
    assert.equal(clip.report.drivenBy, 'sound');
  });

  it('says what is wrong with the face or the sound', async () => {
    const good = await faceOf(96, 112);
    const damaged = path.join(folder, 'damaged.json');
    await writeFile(damaged, '{"frames": [{"landmarks": [[1, 2]]}]}');
    const notes = path.join(folder, 'notes.txt');
    await writeFile(notes, 'no sound');
    const cases: [FacePayload, string, string][] = [
      [{ ...good, selected: -1 }, wav, 'E_NO_FACE'],
      [{ ...good, track: undefined }, wav, 'E_INPUT'],
      [{ ...good, track: path.join(folder, 'gone.json') }, wav, 'E_INPUT'],
      [{ ...good, track: damaged }, wav, 'E_INPUT'],
      [{ ...good, track: notes }, wav, 'E_INPUT'],
      [{ ...good, source: { ...good.source, type: 'video' } }, wav, 'E_INPUT'],
      [{ ...good, source: { ...good.source, file: notes } }, wav, 'E_INPUT'],
      [good, notes, 'E_INPUT'],
      [good, path.join(folder, 'gone.wav'), 'E_PATH'],
    ];
    for (const [face, sound, code] of cases) {
      const { context } = await contextOf();
      await assert.rejects(runWav2lip({ speech: file(sound), face }, parameters(), context), {
        code,
      });
    }
  });

  it('stops when it is cancelled', async () => {
    const controller = new AbortController();
    const { context } = await contextOf(controller.signal);
    const face = await faceOf(96, 112);
    context.progress = ({ type }) => type === 'running' && controller.abort();
    await assert.rejects(runWav2lip({ speech: file(wav), face }, parameters(), context), {
      code: 'E_CANCELLED',
    });
  });

  it('scales large portraits down to 1080p and their landmarks with them', async () => {
    const face = await faceOf(200, 240, 10);
    const { picture, landmarks = [] } = await loadPortrait(face, new AbortController().signal);
    assert.deepEqual([picture.width, picture.height], [1080, 1296]);
    const [x, y] = drawnFace(200, 240).landmarks[152];
    assert.ok(Math.abs(landmarks[152][0] - x * 5.4) < 0.01);
    assert.ok(Math.abs(landmarks[152][1] - y * 5.4) < 0.01);
  });

  it('leaves nothing but the clip in its folder', async () => {
    const { context } = await contextOf();
    await runWav2lip({ speech: file(wav), face: await faceOf(96, 112) }, parameters(), context);
    assert.deepEqual((await readdir(context.folder)).sort(), [
      'backdrop.yuv',
      'clip.mp4',
      'master.mov',
    ]);
  });
});
