import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { WavWriter, encodeWav } from '../../src/av/wav';

describe('a WAV file written bit by bit', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-wav-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('has the same bytes as one written at once', async () => {
    const file = path.join(folder, 'bits.wav');
    const writer = await WavWriter.create(file, 22050);
    await writer.write(Int16Array.from([1, -2, 3]));
    await writer.writeSilence(2);
    await writer.write(Int16Array.from([9, 8, 32767, -32768]).subarray(1));
    assert.equal(writer.samples, 8);
    await writer.finish();
    await writer.close();
    const channel = Int16Array.from([1, -2, 3, 0, 0, 8, 32767, -32768]);
    assert.deepEqual(await readFile(file), encodeWav({ sampleRate: 22050, channels: [channel] }));
  });
});
