import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openFfmpeg } from '../../src/av/ffmpeg/open';
import { encodeWav } from '../../src/av/wav';
import { writeModel } from '../../src/ml/onnx/writer';
import type { Check, CheckUp } from '../../src/runtime/health';
import { deleteFolder, testFolder } from '../runtime/worker/support';
import { mirrorNetwork } from '../support/mirror-network';
import { PROJECT } from '../support/node-red';
import { noise } from '../support/noise';
import { smallAvatar } from '../support/portrait';

/** What is built, as users run it; it also starts much faster than its source does. */
const MAIN = path.join(PROJECT, 'dist/src/cli/main.js');
const WITHOUT = path.join(PROJECT, 'test/support/without-onnxruntime.cjs');

describe('lipwire doctor', function () {
  this.timeout(60_000);
  let folder: string;
  before(async () => (folder = await testFolder()));
  after(() => deleteFolder(folder));

  interface Run {
    code: number;
    out: string;
    error: string;
  }

  /** @param options of Node.js, which the engine process inherits */
  function lipwire(args: string[], env: NodeJS.ProcessEnv = {}, options: string[] = []) {
    return new Promise<Run>((resolve) => {
      const all = [...options, MAIN, ...args];
      const places = { LIPWIRE_MODELS: path.join(folder, 'models') };
      const settings = { cwd: PROJECT, env: { ...process.env, ...places, ...env } };
      const child = execFile(process.execPath, all, settings, (_error, out, error) =>
        resolve({ code: child.exitCode ?? -1, out, error }),
      );
    });
  }

  async function doctor(workspace: string, env: NodeJS.ProcessEnv = {}, options: string[] = []) {
    const run = await lipwire(['doctor', '--json', '--workspace', workspace], env, options);
    const found = JSON.parse(run.out) as CheckUp;
    const check = (name: string): Check => found.checks.find((each) => each.name === name)!;
    return { ...run, found, check };
  }

  it('has a tick for each thing where all is well, and ends with code 0', async () => {
    const { code, out, error } = await lipwire([
      'doctor',
      '--workspace',
      path.join(folder, 'good'),
    ]);
    assert.equal(code, 0, error);
    for (const line of [
      /^✔ node +v\d+/m,
      /^✔ platform +\w+ \w+ .* MiB of memory$/m,
      /^✔ libc +\S/m,
      /^✔ processor +\d+ × .+: \S/m,
      /^✔ onnx +onnxruntime-\w+ \d+\.\d+/m,
      /^✔ devices +\w+/m,
      /^✔ pictures +sharp \d/m,
      /^✔ ffmpeg +\S*\d.* with all filters and encoders/m,
      /^✔ models +none installed in .*models; the built-in engine needs none$/m,
      /^✔ workspace +.*good, writable, 0 artifacts/m,
      /^✔ disk +\d+ MiB free/m,
    ]) {
      assert.match(out, line);
    }
  });

  it('has a cross and a remedy for each thing that is not there, and ends with code 1', async () => {
    const file = path.join(folder, 'a-file');
    await writeFile(file, '');
    const env = { LIPWIRE_FFMPEG: path.join(folder, 'absent'), LIPWIRE_TEST_WITHOUT: 'wasm' };
    const { code, error, found, check } = await doctor(file, env, ['--require', WITHOUT]);
    assert.equal(code, 1);
    assert.equal(found.ok, false);
    assert.match(error, /^lipwire: Expected .* wrong with onnx, ffmpeg, workspace; see above\.\n$/);
    for (const [name, text, remedy] of [
      ['onnx', /neither does/, /npm install onnxruntime-web/],
      ['ffmpeg', /absent/, /./],
      ['workspace', /a-file/, /choose another workspace folder/],
    ] as const) {
      assert.equal(check(name).ok, false, name);
      assert.match(check(name).text, text);
      assert.match(check(name).remedy!, remedy);
    }
    assert.equal(check('pictures').ok, true);
  });

  it('names the encoder that an FFmpeg lacks', async () => {
    const { ffmpegPath, ffprobePath } = await openFfmpeg();
    const bin = path.join(folder, 'bin');
    await mkdir(bin);
    const script = (program: string, filter: string): string =>
      `#!/bin/sh\nexec 2>&1\n${JSON.stringify(program)} "$@"${filter}\n`;
    await writeFile(path.join(bin, 'ffmpeg'), script(ffmpegPath, ' | grep -v libx264'));
    await writeFile(path.join(bin, 'ffprobe'), script(ffprobePath, ''));
    for (const name of ['ffmpeg', 'ffprobe']) await chmod(path.join(bin, name), 0o755);
    const { code, check } = await doctor(path.join(folder, 'good'), { LIPWIRE_FFMPEG: bin });
    assert.equal(code, 1);
    assert.match(check('ffmpeg').text, /lacks the encoder libx264$/);
    assert.ok(check('ffmpeg').remedy);
    assert.ok(check('workspace').ok);
  });

  it('is content with WebAssembly, and a video says that it was rendered so', async () => {
    const place = path.join(folder, 'wasm');
    const [model, sound, out] = ['mine.onnx', 'sound.wav', 'out.mp4'].map((name) =>
      path.join(folder, name),
    ) as [string, string, string];
    await writeFile(model, writeModel(mirrorNetwork()));
    await writeFile(sound, encodeWav({ sampleRate: 16_000, channels: [noise(6400, -0.2, 0.2)] }));
    assert.equal((await lipwire(['models', 'add', model])).code, 0);
    const { code, found, check } = await doctor(place, {}, ['--require', WITHOUT]);
    assert.equal(code, 0);
    assert.ok(found.ok);
    assert.match(check('onnx').text, /onnxruntime-web .*WebAssembly, .*does not load here \(Error/);
    assert.match(check('models').text, /^mine \(licence not accepted\) in .*models$/);
    assert.match(check('models').remedy!, /--accept-non-commercial/);
    const face = await smallAvatar(folder);
    const shown = ['--face', face, '--fps', '10', '--json'];
    const args = ['--model', 'mine', '--accept-non-commercial', ...shown];
    const places = ['--audio', sound, '--out', out, '--workspace', place];
    const run = await lipwire(['render', ...args, ...places], {}, ['--require', WITHOUT]);
    assert.equal(run.code, 0, run.error);
    const { engine } = JSON.parse(run.out) as { engine: Record<string, string> };
    assert.equal(engine['device'], 'wasm');
    assert.match(engine['reason'], /onnxruntime-node does not load here/);
  });
});
