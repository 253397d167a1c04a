import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { encodeWav } from '../../src/av/wav';
import { INPUT_LIMITS, resolveParameters } from '../../src/contract';
import { STUDIO, studioOptions } from '../../nodes/studio/settings';
import { Studio } from '../../src/runtime/studio';
import { deleteFolder, testFolder } from './worker/support';
import { speech } from '../support/payloads';
import { withCode } from './support';
import { faceDetect } from '../../src/face/stage';
import { loudnorm } from '../../src/loudness/stage';

const LOUD = resolveParameters(loudnorm.parameters, []);
const FACE = resolveParameters(faceDetect.parameters, []);
const PNG = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" width="1500" height="1500"><rect width="9" height="9"/></svg>',
);

describe('the limits of a studio', function () {
  this.timeout(60_000);
  let folder: string;
  let studio: Studio;

  before(async () => {
    folder = await testFolder();
    const limits = { seconds: 2, pixels: 1_000_000, bytes: 500_000 };
    studio = new Studio({ workspace: path.join(folder, 'workspace'), jobs: 1, limits });
  });
  after(async () => {
    await studio.close();
    await deleteFolder(folder);
  });

  async function sound(seconds: number): Promise<string> {
    const file = path.join(folder, `${seconds}.wav`);
    const channels = [new Float32Array(seconds * 8000).fill(0.1)];
    await writeFile(file, encodeWav({ sampleRate: 8000, channels }));
    return file;
  }

  it('hold for sounds, whether a message or the file itself says how long they are', async () => {
    await studio.run('loudnorm', { kind: 'file', file: await sound(1) }, LOUD);
    const file = await sound(3);
    await assert.rejects(studio.run('loudnorm', { kind: 'file', file }, LOUD), withCode('E_INPUT'));
    const long = speech(file, { duration: 3 });
    await assert.rejects(studio.run('loudnorm', long, LOUD), /at most .* raise the limit/);
  });

  it('hold for pictures and for Buffers', async () => {
    const file = path.join(folder, 'large.svg');
    await writeFile(file, PNG);
    const found = studio.run('face-detect', { kind: 'file', file }, FACE);
    await assert.rejects(found, /at most 1 million pixels/);
    await assert.rejects(studio.keepFile(Buffer.alloc(600_000, 'x'), 'wav'), withCode('E_INPUT'));
  });

  it('are those of the environment, where its settings say nothing else', () => {
    assert.deepEqual(new Studio({}).limits, INPUT_LIMITS);
    const node = { id: 'a', type: 'lipwire-studio', name: '', z: '' };
    const usual = new Studio(studioOptions(node, folder));
    assert.deepEqual([usual.limits, usual.settings.acceptWeb], [INPUT_LIMITS, false]);
    const set = { ...node, maxHours: 6, maxMegapixels: '2.5', maxMebibytes: 1, acceptWeb: true };
    const own = new Studio(studioOptions(set, folder));
    assert.deepEqual(own.limits, { seconds: 21_600, pixels: 2_500_000, bytes: 1_048_576 });
    assert.equal(own.settings.acceptWeb, true);
    assert.equal(STUDIO.acceptWeb.default, false);
  });
});
