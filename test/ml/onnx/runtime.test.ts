import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { packageFolder } from '../../../src/files/package-root';
import { LipwireError } from '../../../src/contract';
import {
  chooseRuntime,
  type Runtime,
  importLibrary,
  threadsIn,
  libcOf,
} from '../../../src/ml/onnx/runtime';

const NATIVE = {
  kind: 'native',
  library: 'onnxruntime-node',
  providers: ['cpu'],
} as unknown as Runtime;
const WASM = {
  kind: 'wasm',
  library: 'onnxruntime-web',
  providers: ['wasm'],
} as unknown as Runtime;

/** What is tried, in its order. */
let tried: string[] = [];

/** Loaders; a text is why one fails, with more lines than anybody wants to read. */
function loaders(native: Runtime | string, wasm: Runtime | string) {
  const load = (what: Runtime | string, library: string) => () =>
    importLibrary(async () => {
      tried.push(library);
      if (typeof what === 'string') throw new Error(`${what}\nRequire stack: much more`);
      return what;
    }, library);
  return { native: load(native, 'onnxruntime-node'), wasm: load(wasm, 'onnxruntime-web') };
}

describe('which ONNX Runtime computes', () => {
  beforeEach(() => {
    tried = [];
  });

  it('is the native one where it loads; WebAssembly is not even looked for', async () => {
    for (const library of ['glibc', undefined] as const) {
      assert.equal(await chooseRuntime(undefined, library, loaders(NATIVE, WASM)), NATIVE);
    }
    assert.equal(await chooseRuntime('', 'glibc', loaders(NATIVE, WASM)), NATIVE);
    assert.ok(!tried.includes('onnxruntime-web'));
  });

  it('is WebAssembly where the native one does not load, and the reason is kept', async () => {
    const found = await chooseRuntime('auto', 'glibc', loaders('libfoo.so: not found', WASM));
    assert.equal(found.kind, 'wasm');
    assert.equal(
      found.reason,
      'onnxruntime-node does not load here (libfoo.so: not found), so onnxruntime-web computes',
    );
  });

  it('is WebAssembly on musl, without trying what could end the process', async () => {
    const found = await chooseRuntime('auto', 'musl', loaders(NATIVE, WASM));
    assert.equal(found.kind, 'wasm');
    assert.match(found.reason!, /it needs glibc, and this is musl/);
    assert.deepEqual(tried, ['onnxruntime-web']);
  });

  it('is what LIPWIRE_ONNX asks for, and nothing else', async () => {
    const wasm = await chooseRuntime('wasm', 'glibc', loaders(NATIVE, WASM));
    assert.equal(wasm.kind, 'wasm');
    assert.match(wasm.reason!, /LIPWIRE_ONNX asks/);
    assert.equal(await chooseRuntime('native', 'musl', loaders(NATIVE, WASM)), NATIVE);
    await assert.rejects(chooseRuntime('native', 'glibc', loaders('no such file', WASM)), {
      code: 'E_NATIVE',
      message: /onnxruntime-node to load .*\(no such file\); run "npm install onnxruntime-node"/,
    });
    await assert.rejects(chooseRuntime('abacus', 'glibc', loaders(NATIVE, WASM)), {
      code: 'E_INPUT',
      message: /one of auto, native, wasm for LIPWIRE_ONNX but received "abacus"/,
    });
  });

  it('where there is none, one sentence has both reasons and what to do', async () => {
    const fail = chooseRuntime('auto', 'glibc', loaders('it is damaged', 'it is not installed'));
    await assert.rejects(fail, (error: unknown) => {
      assert.ok(error instanceof LipwireError);
      assert.equal(error.code, 'E_NATIVE');
      assert.match(error.message, /neither does \(it is damaged; it is not installed\); run "npm/);
      assert.doesNotMatch(error.message, /much more/);
      return true;
    });
  });
});

describe('devices that were asked for while no runtime was to be had', () => {
  it('are looked for again the next time', async () => {
    const script = `
      const { usableDevices } = require('./src/ml/onnx/devices.ts');
      usableDevices()
        .catch(({ code }) => process.stdout.write(code + ' '))
        .then(() => delete process.env.LIPWIRE_ONNX)
        .then(usableDevices)
        .then(({ devices }) => process.stdout.write(Array.isArray(devices) ? 'found' : ''));`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...process.execArgv, '--eval', script],
      { cwd: packageFolder(), env: { ...process.env, LIPWIRE_ONNX: 'abacus' } },
    );
    assert.equal(stdout, 'E_INPUT found');
  });
});

describe('the threads of WebAssembly', () => {
  it('are two on every machine, as the last bits depend on it, unless another number is set', () => {
    assert.equal(threadsIn(undefined), 2);
    assert.equal(threadsIn(''), 2);
    assert.equal(threadsIn('4'), 4);
    for (const setting of ['0', '65', '1.5', 'many']) {
      assert.throws(() => threadsIn(setting), { code: 'E_INPUT', message: /1 to 64/ });
    }
  });
});

describe('the C library', () => {
  const report = (glibcVersionRuntime?: string) => () => ({ header: { glibcVersionRuntime } });

  it('is told from what Node.js reports of itself', () => {
    assert.equal(libcOf('linux', report('2.36')), 'glibc');
    assert.equal(libcOf('linux', report()), 'musl');
    assert.equal(libcOf('darwin', report()), undefined);
    assert.equal(libcOf('win32', report()), undefined);
  });
});
