import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openFfmpeg } from '../../src/av/ffmpeg/open';
import { encodeWav } from '../../src/av/wav';
import { deleteFolder, testFolder } from '../runtime/worker/support';
import { names } from '../runtime/support';
import { PROJECT } from '../support/node-red';
import { smallAvatar } from '../support/portrait';

/** What is built, as users run it; it also starts much faster than its source does. */
const MAIN = path.join(PROJECT, 'dist/src/cli/main.js');

interface Run {
  code: number | null;
  out: string;
  error: string;
}

/** Runs the command; `watch` sees what it has printed on stderr so far, and may interrupt it, once. */
function lipwire(args: string[], watch?: (text: string, kill: () => void) => void): Promise<Run> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: PROJECT });
    const run: Run = { code: null, out: '', error: '' };
    let isInterrupted = false;
    const interrupt = (): void => {
      // Another one, when it is about to exit, would find no handler any more.
      if (!isInterrupted) isInterrupted = child.kill('SIGINT');
    };
    child.stdout.on('data', (data) => (run.out += String(data)));
    child.stderr.on('data', (data) => {
      run.error += String(data);
      watch?.(run.error, interrupt);
    });
    child.on('close', (code) => resolve({ ...run, code }));
  });
}

/** A sound with syllables: a tone that comes and goes four times a second. */
async function writeSound(file: string, seconds: number): Promise<string> {
  const sampleRate = 16000;
  const samples = Float32Array.from({ length: seconds * sampleRate }, (_, i) => {
    const t = i / sampleRate;
    return 0.3 * Math.sin(2 * Math.PI * 220 * t) * Math.max(0, Math.sin(2 * Math.PI * 4 * t));
  });
  await writeFile(file, encodeWav({ sampleRate, channels: [samples] }));
  return file;
}

describe('the command lipwire', function () {
  this.timeout(180_000);
  let folder: string;
  let workspace: string[];

  before(async () => {
    folder = await testFolder();
    workspace = ['--workspace', path.join(folder, 'workspace')];
  });
  after(() => deleteFolder(folder));

  it('prints its help and its version', async () => {
    const [help, version] = [await lipwire(['help']), await lipwire(['--version'])];
    assert.deepEqual([help.code, help.error], [0, '']);
    assert.match(help.out, /lipwire render --text TEXT/);
    assert.match(version.out, /^\d+\.\d+\.\d+\n$/);
  });

  const misuse = [
    ['paint'],
    ['render'],
    ['render', '--text', 'a', '--audio', 'b', '--out', 'c.mp4'],
    ['render', '--text', 'a', '--out', 'c.avi'],
    ['render', '--text', 'a', '--face', '', '--out', 'c.mp4'],
    ['render', '--text', 'a', '--hls', '', '--out', 'c.mp4'],
  ];
  for (const args of misuse) {
    it(`ends with code 2 and one sentence when it is misused: ${args.join(' ')}`, async () => {
      const { code, out, error } = await lipwire(args);
      assert.deepEqual([code, out], [2, '']);
      assert.match(error, /^lipwire: .+ See: lipwire help\n$/);
    });
  }

  it('ends with code 1 and one sentence when something is wrong', async () => {
    const out = ['--out', path.join(folder, 'x.mp4'), ...workspace];
    const cases: [string[], RegExp][] = [
      [['--audio', path.join(folder, 'absent.wav')], /absent\.wav but there is none/],
      [['--text', 'a', '--fps', 'many'], /0 to 120 for --fps/],
      [['--text', 'a', '--model', 'best'], /auto, builtin/],
      [['--text', 'a', '--time-limit', '-1'], /0 to 1000 for --time-limit/],
      [['--audio', 'http://localhost/a.wav'], /--allow-web/],
      [['--audio', 'http://localhost/a.wav', '--allow-web'], /private network/],
    ];
    for (const [args, message] of cases) {
      const { code, error } = await lipwire(['render', ...args, ...out]);
      const [sentence = ''] = error.split('\n').slice(-2);
      assert.equal(code, 1, error);
      assert.match(sentence, /^lipwire: Expected .+\.$/);
      assert.match(sentence, message);
    }
    assert.deepEqual(await names(folder), ['workspace']);
  });

  it('lists voices by language', async () => {
    const { code, out } = await lipwire(['voices', '--language', 'ar', '--json', ...workspace]);
    const { voices } = JSON.parse(out) as { voices: { id: string; languages: string[] }[] };
    assert.equal(code, 0);
    assert.ok(voices.length > 0);
    assert.ok(voices.every(({ languages }) => languages.some((tag) => tag.startsWith('ar'))));
  });

  it('takes no harm from a reader of its output who leaves early', async () => {
    const child = spawn(process.execPath, [MAIN, 'help'], { cwd: PROJECT });
    child.stdout.destroy();
    let error = '';
    child.stderr.on('data', (data) => (error += String(data)));
    const code = await new Promise((resolve) => child.on('close', resolve));
    assert.deepEqual([code, error], [0, '']);
  });

  it('is cancelled by Ctrl-C and leaves nothing but finished work', async () => {
    const sound = await writeSound(path.join(folder, 'long.wav'), 20);
    const out = path.join(folder, 'long.mp4');
    const args = ['render', '--audio', sound, '--out', out, ...workspace];
    const { code, error } = await lipwire(args, (text, kill) => {
      if (text.includes('lip-sync')) kill();
    });
    assert.equal(code, 130, error);
    assert.match(error, /lipwire: The job was cancelled/);
    assert.equal(existsSync(out), false);
    assert.deepEqual(await names(folder, 'workspace', 'tmp'), []);
  });

  it('renders a video of a sound, with the facts as JSON and progress on stderr', async () => {
    const sound = await writeSound(path.join(folder, 'short.wav'), 1);
    const out = path.join(folder, 'short.mp4');
    const hls = path.join(folder, 'stream');
    const args = ['--audio', sound, '--out', out, '--hls', hls, '--fps', '10', '--json'];
    const { code, out: printed, error } = await lipwire(['render', ...args, ...workspace]);
    assert.equal(code, 0, error);
    const result = JSON.parse(printed) as Record<string, unknown>;
    assert.deepEqual([result['video'], result['frames'], result['fps']], [out, 10, 10]);
    assert.deepEqual((result['engine'] as { model: string }).model, 'builtin');
    assert.ok(existsSync(String(result['playlist'])));
    assert.ok(String(result['playlist']).startsWith(hls));
    assert.ok(Number(result['realTimeFactor']) > 0);
    assert.deepEqual(result['notes'], []);
    const { duration, streams } = await (await openFfmpeg()).probe(out);
    assert.ok(Math.abs(duration - 1) < 0.05);
    assert.deepEqual(streams.map(({ type }) => type).slice(0, 2), ['video', 'audio']);
    assert.match(error, /lip-sync: 100 %/);
  });

  it('renders what a file of --config says, and the command line wins', async () => {
    const audio = await writeSound(path.join(folder, 'config.wav'), 1);
    const file = path.join(folder, 'render.json');
    const stitch = { quality: 'draft', width: 128, height: 128 };
    await writeFile(file, JSON.stringify({ audio, fps: 25, json: true, stitch }));
    const out = path.join(folder, 'config.mp4');
    const args = ['render', '--config', file, '--out', out, '--wav2lip-fps', '10', ...workspace];
    const { code, out: printed, error } = await lipwire(args);
    assert.equal(code, 0, error);
    const { frames, width, height } = JSON.parse(printed) as Record<string, unknown>;
    assert.deepEqual([frames, width, height], [10, 128, 128]);
  });

  it('renders a video of a text', async () => {
    const out = path.join(folder, 'text.mp4');
    const face = await smallAvatar(folder);
    const args = ['--text', 'Hello. Bye.', '--face', face, '--out', out, '--fps', '10'];
    const { code, out: printed, error } = await lipwire(['render', ...args, ...workspace]);
    assert.equal(code, 0, error);
    assert.match(printed, /text\.mp4 \(\d+\.\d s, \d+ frames at 10 fps, \d+×\d+, builtin, /);
    assert.match(error, /speech: 100 % \(2\/2\)/);
  });
});
