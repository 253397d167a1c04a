/** The README's first command, as far as it needs no installation: one video, from nothing. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openFfmpeg } from '../../src/av/ffmpeg/open';
import { measureLoudness } from '../../src/av/loudness/measure';
import { STAGE_NAMES } from '../../src/stages';

const script = path.resolve(__dirname, '../../scripts/demo.mjs');

interface DemoResult {
  video: string;
  playlist: string;
  watchUrl: string;
  duration: number;
  frames: number;
  fps: number;
  width: number;
  height: number;
  engine: { model: string; device: string };
  stages: { stage: string; seconds: number }[];
  realTimeFactor: number;
}

function demo(...args: string[]): Promise<{ code: number | null; out: string; errors: string }> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let errors = '';
  child.stdout.on('data', (data: Buffer) => (out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, errors })));
}

describe('npm run demo', function () {
  this.timeout(240_000);
  let folder: string;

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'lipwire-demo-test-'));
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it('makes a video from nothing, says where everything is, and ends with its facts', async () => {
    const text = 'Hello there. All is well.';
    const { code, out, errors } = await demo('--once', '--text', text, '--out', folder);
    assert.equal(code, 0, errors);
    const result = JSON.parse(out.trim().split('\n').at(-1) ?? '') as DemoResult;
    for (const place of [result.video, result.playlist, result.watchUrl]) {
      assert.ok(out.includes(place), `${place} is not told`);
    }
    assert.deepEqual(
      result.stages.map(({ stage }) => stage),
      STAGE_NAMES,
    );
    assert.ok(result.stages.every(({ seconds }) => seconds > 0));
    assert.equal(result.engine.model, 'builtin');
    assert.ok(result.realTimeFactor > 0);
    for (const label of ['speech', 'lip-sync', 'hls']) assert.match(errors, new RegExp(label));

    const ffmpeg = await openFfmpeg();
    const { streams } = await ffmpeg.probe(result.video);
    const picture = streams.find(({ type }) => type === 'video');
    const sound = streams.find(({ type }) => type === 'audio');
    assert.equal(picture?.frames, result.frames);
    assert.equal(picture?.width, result.width);
    assert.ok(Math.abs(result.frames / result.fps - result.duration) < 1e-6);
    const aacFrame = 1024 / (sound?.sampleRate ?? 0);
    assert.ok(Math.abs((picture?.duration ?? 0) - (sound?.duration ?? 0)) <= aacFrame);

    const { integrated, truePeak } = await measureLoudness(
      result.video,
      () => Promise.resolve(ffmpeg),
      new AbortController().signal,
    );
    assert.ok(Math.abs((integrated ?? 0) + 16) <= 0.5, `${integrated} LUFS`);
    assert.ok((truePeak ?? 0) <= -1, `${truePeak} dBTP`);

    const master = readFileSync(result.playlist, 'utf8');
    assert.match(master, /^#EXTM3U/);
    assert.ok(!readdirSync(path.dirname(result.playlist)).includes('artifact.json'));
  });

  const wrong: [title: string, args: string[], sentence: RegExp][] = [
    ['a portrait that is not there', ['--face', '/no/such/file.png'], /no file .*file\.png/],
    ['an empty text', ['--text', ' '], /a text for --text/],
    ['a port that is none', ['--port', '99999'], /a port from 0 to 65535/],
    ['an unknown option', ['--speed', '5'], /--speed/],
  ];
  for (const [title, args, sentence] of wrong) {
    it(`refuses ${title} in one sentence`, async () => {
      const { code, errors } = await demo('--once', ...args);
      assert.equal(code, 1);
      assert.match(errors, sentence);
      assert.equal(errors.trim().split('\n').length, 1);
    });
  }
});
