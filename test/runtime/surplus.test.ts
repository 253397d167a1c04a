import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findSurplus, removeSurplus } from '../../src/runtime/surplus';
import { PROJECT } from '../support/node-red';

const OWN = '@lipwire/node-red-lipwire';
/** Files of an installation, as the packages have them, each of ten bytes. */
const FILES = [
  `${OWN}/package.json`,
  'onnxruntime-node/package.json',
  'onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1',
  'onnxruntime-node/bin/napi-v6/linux/arm64/libonnxruntime.so.1',
  'onnxruntime-node/bin/napi-v6/darwin/arm64/libonnxruntime.dylib',
  'onnxruntime-node/bin/napi-v6/win32/x64/onnxruntime.dll',
  '@mediapipe/face_mesh/package.json',
  '@mediapipe/face_mesh/face_mesh.js',
  '@mediapipe/face_mesh/face_mesh_solution_packed_assets.data',
  '@mediapipe/face_mesh/face_mesh_solution_packed_assets_loader.js',
  '@mediapipe/face_mesh/face_mesh_solution_simd_wasm_bin.wasm',
  '@vladmandic/human/package.json',
  '@vladmandic/human/LICENSE',
  '@vladmandic/human/dist/human.node.js',
  '@vladmandic/human/dist/human.js',
  '@vladmandic/human/models/faceres.json',
  '@vladmandic/human/models/faceres.bin',
  '@vladmandic/human/models/blazeface.bin',
  '@vladmandic/human/types/lib/human.d.ts',
  'onnxruntime-web/package.json',
  'onnxruntime-web/dist/ort.wasm',
  'of-somebody-else/package.json',
];
const OTHER_SYSTEMS = FILES.filter((file) => /bin\/(?!.*linux\/x64)/.test(file));
const MAINS = {
  '@mediapipe/face_mesh': 'face_mesh.js',
  '@vladmandic/human': 'dist/human.node.js',
};
const BESIDE = FILES.filter((file) => /simd|human\.js|blazeface|\.d\.ts/.test(file));
const WEB = FILES.filter((file) => file.startsWith('onnxruntime-web'));

describe('What a machine does not need of the installed packages', () => {
  let folder: string;
  let modules: string;
  const root = (): string => path.join(modules, OWN);
  const left = (): string[] => FILES.filter((file) => existsSync(path.join(modules, file)));
  const without = (gone: string[]): string[] => FILES.filter((file) => !gone.includes(file));
  const find = (kind: 'native' | 'wasm') =>
    findSurplus({ kind, platform: 'linux', arch: 'x64' }, root());

  async function put(file: string, content = '0123456789'): Promise<void> {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lipwire-surplus-'));
    modules = path.join(folder, 'user', 'node_modules');
    for (const file of FILES) await put(path.join(modules, file));
    for (const [name, main] of Object.entries(MAINS)) {
      await put(path.join(modules, name, 'package.json'), JSON.stringify({ name, main }));
    }
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is WebAssembly, what other systems run, and what lies beside networks, where machine code loads', async () => {
    const surplus = await find('native');
    const gone = [...OTHER_SYSTEMS, ...BESIDE, ...WEB];
    assert.equal(
      surplus.reduce((sum, { bytes }) => sum + bytes, 0),
      10 * gone.length,
    );
    assert.deepEqual(left(), FILES, 'finding deletes nothing');
    await removeSurplus(surplus);
    assert.deepEqual(left(), without(gone));
    assert.deepEqual(await find('native'), []);
  });

  it('is without WebAssembly where that computes, for whatever reason', async () => {
    await removeSurplus(await find('wasm'));
    assert.deepEqual(left(), without([...OTHER_SYSTEMS, ...BESIDE]));
  });

  it('is nothing that another package, or the user folder, depends on', async () => {
    const names = ['onnxruntime-web', ...Object.keys(MAINS)];
    const dependencies = Object.fromEntries(names.map((name) => [name, '*']));
    const manifest = JSON.stringify({ dependencies });
    for (const place of ['node_modules/of-somebody-else', '']) {
      await put(path.join(folder, 'user', place, 'package.json'), manifest);
      const packages = (await find('native')).map((each) => each.package);
      assert.deepEqual([...new Set(packages)], ['onnxruntime-node']);
      await put(path.join(folder, 'user', place, 'package.json'), '{}');
    }
  });

  it('is never looked for in the folders above, which are other projects’', async () => {
    const other = path.join(folder, 'node_modules');
    for (const file of FILES) await put(path.join(other, file));
    for (const name of ['onnxruntime-web', 'onnxruntime-node', ...Object.keys(MAINS)]) {
      await rm(path.join(modules, name), { recursive: true });
    }
    assert.deepEqual(await find('native'), []);
  });

  it('is nothing of a package that is linked in, or that is not there', async () => {
    const elsewhere = path.join(folder, 'work');
    await put(path.join(elsewhere, 'bin/napi-v6/win32/x64/onnxruntime.dll'));
    for (const name of ['onnxruntime-web', 'onnxruntime-node', ...Object.keys(MAINS)]) {
      await rm(path.join(modules, name), { recursive: true });
    }
    await symlink(elsewhere, path.join(modules, 'onnxruntime-node'), 'junction');
    assert.deepEqual(await find('native'), []);
  });

  it('is not looked for in a checkout, which is told why', async () => {
    await put(path.join(root(), 'tsconfig.json'));
    await assert.rejects(find('native'), { code: 'E_INPUT', message: /is a checkout/ });
    const main = path.join(PROJECT, 'dist/src/cli/main.js');
    const { status, stderr } = spawnSync(process.execPath, [main, 'slim', '--yes']);
    assert.equal(status, 1);
    assert.match(String(stderr), /^lipwire: Expected an installed Lipwire but .* is a checkout/);
  });
});
