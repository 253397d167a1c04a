import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { slim } from '../../src/cli/slim';
import { findSurplus, removeSurplus } from '../../src/studio';

/** Files of an installation, as the packages have them, each of ten bytes. */
const FILES = [
  'onnxruntime-node/package.json',
  'onnxruntime-node/dist/index.js',
  'onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1',
  'onnxruntime-node/bin/napi-v6/linux/arm64/libonnxruntime.so.1',
  'onnxruntime-node/bin/napi-v6/darwin/arm64/libonnxruntime.dylib',
  'onnxruntime-node/bin/napi-v6/win32/x64/onnxruntime.dll',
  'onnxruntime-web/package.json',
  'onnxruntime-web/dist/ort.wasm',
  'hls.js/package.json',
  'hls.js/dist/hls.min.js',
  'hls.js/dist/hls.js',
  'hls.js/src/hls.ts',
  'fluent-ffmpeg/lib/fluent-ffmpeg.js',
  'fluent-ffmpeg/coverage/index.html',
  'of-somebody-else/src/index.ts',
];

describe('What a machine does not need of the installed packages', () => {
  let folder: string;
  let modules: string;
  const from = (): string => path.join(modules, '@lipwire/node-red-lipwire/package.json');
  const left = (): string[] => FILES.filter((file) => existsSync(path.join(modules, file)));

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lipwire-surplus-'));
    modules = path.join(folder, 'node_modules');
    for (const file of [...FILES, '@lipwire/node-red-lipwire/package.json']) {
      await mkdir(path.join(modules, path.dirname(file)), { recursive: true });
      await writeFile(path.join(modules, file), '0123456789');
    }
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const linux = { platform: 'linux', arch: 'x64' } as const;
  const unneeded = [
    'fluent-ffmpeg/coverage/index.html',
    'hls.js/dist/hls.js',
    'hls.js/src/hls.ts',
    'onnxruntime-node/bin/napi-v6/darwin/arm64/libonnxruntime.dylib',
    'onnxruntime-node/bin/napi-v6/linux/arm64/libonnxruntime.so.1',
    'onnxruntime-node/bin/napi-v6/win32/x64/onnxruntime.dll',
  ];

  it('is WebAssembly and what other systems run, where machine code loads', async () => {
    const surplus = await findSurplus({ kind: 'native', ...linux }, from());
    const gone = [...unneeded, 'onnxruntime-web/dist/ort.wasm', 'onnxruntime-web/package.json'];
    assert.equal(
      surplus.reduce((sum, { bytes }) => sum + bytes, 0),
      10 * gone.length,
    );
    assert.deepEqual(left(), FILES, 'finding deletes nothing');
    await removeSurplus(surplus);
    assert.deepEqual(
      left(),
      FILES.filter((file) => !gone.includes(file)),
    );
    assert.deepEqual(await findSurplus({ kind: 'native', ...linux }, from()), []);
  });

  it('is all machine code where WebAssembly computes, and WebAssembly stays', async () => {
    await removeSurplus(await findSurplus({ kind: 'wasm', ...linux }, from()));
    const gone = [...unneeded, 'onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1'];
    assert.deepEqual(
      left(),
      FILES.filter((file) => !gone.includes(file)),
    );
  });

  it('is nothing of a package that is linked in, or that is not there', async () => {
    const elsewhere = path.join(folder, 'work');
    await mkdir(path.join(elsewhere, 'coverage'), { recursive: true });
    for (const name of ['fluent-ffmpeg', 'hls.js', 'onnxruntime-node', 'onnxruntime-web']) {
      await rm(path.join(modules, name), { recursive: true });
    }
    await symlink(elsewhere, path.join(modules, 'fluent-ffmpeg'), 'junction');
    assert.deepEqual(await findSurplus({ kind: 'native', ...linux }, from()), []);
  });

  it('is told on the command line, and deleted only when that is asked for', async () => {
    const written: string[] = [];
    const { write } = process.stdout;
    process.stdout.write = ((text: string) => written.push(text)) as never;
    try {
      await slim(['--json']);
    } finally {
      process.stdout.write = write;
    }
    const { surplus, deleted } = JSON.parse(written.join('')) as {
      surplus: { folder: string; part: string }[];
      deleted: boolean;
    };
    assert.equal(deleted, false);
    for (const { folder: of, part } of surplus) assert.ok(existsSync(path.join(of, part)), part);
  });
});
