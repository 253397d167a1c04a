import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { deleteFolder, testFolder } from '../../runtime/worker/support';
import { isAlive } from '../../support/processes';

const SCRIPT = path.join(__dirname, 'engine-once.ts');
/** Also for the engine process, which inherits the options of its parent. */
const WITHOUT = path.join(__dirname, '../../support/without-onnxruntime.cjs');

interface Seen {
  engine?: { device: string; reason: string };
  faces: number;
  code: string;
  isSame: boolean;
  pid: number;
  programs: number[];
  threads: number;
}

describe('the engine process where machine code of ONNX Runtime does not load', function () {
  this.timeout(60_000);
  let folder: string;
  let seen: Seen;

  before(async () => {
    folder = await testFolder();
    const options = ['--require', WITHOUT, ...process.execArgv, SCRIPT];
    const env = { ...process.env, LIPWIRE_WORKSPACE: path.join(folder, 'workspace') };
    // It ends by itself, or this never does.
    const { stdout } = await promisify(execFile)(process.execPath, options, { env });
    seen = JSON.parse(stdout) as Seen;
  });
  after(() => deleteFolder(folder));

  it('computes in WebAssembly, and says so and why', () => {
    assert.equal(seen.faces, 1);
    assert.equal(seen.engine?.device, 'wasm');
    assert.match(seen.engine.reason, /does not load here \(Error loading shared library ld-linux/);
  });

  it('stays one process, which ends with its studio', () => {
    assert.deepEqual(seen.programs, []);
    assert.ok(seen.threads > 1);
    assert.ok(!isAlive(seen.pid));
  });

  it('hears a cancellation, and does the next piece of work as if there had been none', () => {
    assert.equal(seen.code, 'E_CANCELLED');
    assert.ok(seen.isSame);
  });
});
