import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UsageError } from '../../src/cli/options';
import { models } from '../../src/cli/models';
import { ModelStore, type ModelStatus } from '../../src/ml/store/store';
import {
  cutOff,
  file,
  FileServer,
  onnxFile,
  published,
  legacyCheckpoint,
  temporaryFolder,
} from '../ml/store/support';
import { PROJECT } from '../support/node-red';

describe('the command lipwire models', function () {
  this.timeout(60_000);
  const content = onnxFile(3000);
  let server: FileServer;
  let folder: string;
  let remove: () => Promise<void>;

  before(async () => {
    server = await new FileServer().open();
  });
  after(() => server.close());
  beforeEach(async () => {
    ({ folder, remove } = await temporaryFolder());
  });
  afterEach(() => remove());

  /** Runs it here, with a model that the server gives. */
  async function run(args: string[], isTTY = false): Promise<{ out: string; terminal: string }> {
    const written = { out: '', terminal: '' };
    const writer = (to: keyof typeof written) => ({
      isTTY,
      write: (text: string | Uint8Array): boolean => Boolean((written[to] += String(text))),
    });
    const patience = { stall: 5000, retries: 1, pause: 1 };
    const known = [published(content, { sources: [server.url()] })];
    const open = async (): Promise<ModelStore> =>
      new ModelStore({ folder, models: known, patience });
    const surroundings = { open, out: writer('out'), terminal: writer('terminal') };
    await models.run(args, new AbortController().signal, surroundings);
    return written;
  }

  it('downloads with its progress, in lines where there is no terminal', async () => {
    server.answer(cutOff(content, 1800), file(content));
    const { out, terminal } = await run(['pull', 'lips']);
    assert.match(out, /^lips {2}installed {2}0\.0 MB {2}non-commercial {2}Lips\n$/);
    const shares = [...terminal.matchAll(/^downloading (\d+) %/gm)].map(([, share]) =>
      Number(share),
    );
    assert.deepEqual(
      shares,
      [...shares].sort((a, b) => a - b),
    );
    assert.equal(shares.at(-1), 100);
    assert.match(terminal, /checking 100 %/);
  });

  it('draws one bar on a terminal and leaves the line afterwards', async () => {
    server.answer(file(content));
    const { terminal } = await run(['pull', 'lips'], true);
    assert.match(terminal, /\r\x1b\[K█{24} checking 100 %[^\n]*\n$/);
    assert.equal(terminal.split('\n').length, 2);
  });

  it('prints JSON where it is asked to', async () => {
    const { out } = await run(['list', '--json']);
    const listed = JSON.parse(out) as { folder: string; models: ModelStatus[] };
    assert.equal(listed.folder, folder);
    assert.equal(listed.models[0]?.name, 'lips');
    assert.equal((await run(['--json'])).out, out);
  });

  it('fails when verify finds a damaged model, after it has printed the list', async () => {
    await writeFile(path.join(folder, 'lips.onnx'), 'no model');
    await assert.rejects(run(['verify']), {
      code: 'E_MODEL_INVALID',
      message: /lips\.onnx is no ONNX model/,
    });
  });

  for (const args of [
    ['bogus'],
    ['pull'],
    ['add', '--json'],
    ['list', 'x'],
    ['remove', 'a', 'b'],
  ]) {
    it(`refuses: models ${args.join(' ')}`, async () => {
      await assert.rejects(run(args), UsageError);
    });
  }

  it('adds, shows and removes a file of the user’s as a real command', async () => {
    const own = legacyCheckpoint();
    const given = path.join(folder, 'My Lips.bin');
    await writeFile(given, own);
    const home = path.join(folder, 'models');
    assert.deepEqual(await lipwire(home, ['add', given]), {
      code: 0,
      out: 'my-lips.bin  installed  0.0 MB  licence not known  a model of your own\n',
    });
    assert.deepEqual(await readFile(path.join(home, 'my-lips.bin.pth')), own);
    assert.match(
      (await lipwire(home, [])).out,
      /^wav2lip_gan +can be pulled +436 MB +non-commercial/,
    );
    assert.deepEqual(await lipwire(home, ['remove', 'my-lips.bin']), { code: 0, out: '' });
    assert.equal((await lipwire(home, ['remove', 'my-lips.bin'])).code, 1);
  });
});

function lipwire(home: string, args: string[]): Promise<{ code: number | null; out: string }> {
  return new Promise((resolve) => {
    const all = [path.join(PROJECT, 'dist/src/cli/main.js'), 'models', ...args];
    const env = { ...process.env, LIPWIRE_MODELS: home };
    const child = spawn(process.execPath, all, {
      cwd: PROJECT,
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let out = '';
    child.stdout.on('data', (data) => (out += String(data)));
    child.on('close', (code) => resolve({ code, out }));
  });
}
