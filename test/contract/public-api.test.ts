import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import * as api from '../../src';

const PROJECT = path.resolve(__dirname, '../..');

describe('the public API', () => {
  it('has the contract and what runs the pipeline, and nothing that only the rooms share', () => {
    for (const name of ['Studio', 'renderVideo', 'avatarFile', 'validateClip', 'LipwireError']) {
      assert.equal(typeof Reflect.get(api, name), 'function', name);
    }
    for (const name of ['FaceTrackWriter', 'LIPS_OUTER', 'FACEMESH', 'resolveParameters']) {
      assert.ok(!(name in api), name);
    }
  });

  it('loads no native library', () => {
    const script = `require('tsx/cjs'); require('./src');
      const natives = Object.keys(require.cache).filter((file) => /onnxruntime-node|sharp|fluent/.test(file));
      console.log(natives.length);`;
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], {
      cwd: PROJECT,
      encoding: 'utf8',
    });
    assert.equal(stdout.trim(), '0', stderr);
  });
});
