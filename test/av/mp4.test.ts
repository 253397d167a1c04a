import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readMp4Tracks } from '../../src/av/mp4';
import { Bench } from '../support/numbered';

describe('reading the tracks of an MP4', () => {
  let bench: Bench;
  before(async () => {
    bench = await Bench.open();
  });
  after(() => bench.close());

  it('finds frames and times as FFprobe does, in MP4 and in MOV', async () => {
    const clip = await bench.clip({ fps: 29.97, frames: 17 });
    for (const file of [clip.file, clip.master!]) {
      const tracks = await readMp4Tracks(file);
      const { streams } = await bench.ffmpeg.probe(file);
      assert.deepEqual(
        tracks.map(({ type, samples }) => [type, samples]),
        streams.map(({ type, frames }) => [type, frames]),
      );
      for (const [index, { duration }] of tracks.entries()) {
        assert.ok(Math.abs(duration - streams[index].duration!) < 0.002);
      }
    }
  });

  it('refuses a file that was cut off anywhere', async () => {
    const { file } = await bench.clip({ frames: 3 });
    const bytes = await readFile(file);
    const index = bytes.indexOf('moov') + bytes.readUInt32BE(bytes.indexOf('moov') - 4) - 4;
    const broken = path.join(await bench.subfolder(), 'broken.mp4');
    for (const length of [0, 7, 40, index >> 1, index - 1]) {
      await writeFile(broken, bytes.subarray(0, length));
      await assert.rejects(readMp4Tracks(broken), { code: 'E_INTERNAL' }, `${length} bytes`);
    }
  });
});
