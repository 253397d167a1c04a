import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openFfmpeg } from '../../../src/av/ffmpeg/open';
import type { Ffmpeg } from '../../../src/av/ffmpeg/types';

describe('Probing files', () => {
  let ffmpeg: Ffmpeg;
  let folder: string;
  before(async () => {
    ffmpeg = await openFfmpeg();
    folder = await mkdtemp(path.join(tmpdir(), 'lipwire-probe-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const video = {
    source: 'testsrc=size=64x48:rate=30000/1001:duration=2',
    options: ['-f', 'lavfi'],
  };
  const sound = { source: 'sine=sample_rate=22050:duration=2', options: ['-f', 'lavfi'] };
  const here = (name: string): string => path.join(folder, name);

  it('tells format, duration, size and streams of a video', async () => {
    const target = here("it's a: video%d.mp4");
    const options = ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-ac', '2'];
    await ffmpeg.run({ inputs: [video, sound], outputs: [{ target, options }] });
    const probe = await ffmpeg.probe(target);
    assert.match(probe.format, /mp4/);
    assert.ok(Math.abs(probe.duration - 2) < 0.1);
    assert.ok(probe.size > 1000);
    const [picture, audio] = probe.streams;
    assert.ok(picture?.type === 'video' && audio?.type === 'audio');
    assert.deepEqual(
      [picture.codec, picture.width, picture.height, picture.frames, picture.pixelFormat],
      ['h264', 64, 48, 60, 'yuv420p'],
    );
    assert.ok(Math.abs((picture.fps ?? 0) - 30_000 / 1001) < 1e-6);
    assert.deepEqual([audio.codec, audio.sampleRate, audio.channels], ['aac', 22_050, 2]);
  });

  it('tells that a video is rotated', async () => {
    const plain = here('plain.mp4');
    const rotated = here('rotated.mp4');
    await ffmpeg.run({ inputs: [video], outputs: [{ target: plain, options: [] }] });
    await ffmpeg.run({
      inputs: [{ source: plain }],
      outputs: [{ target: rotated, options: ['-c', 'copy', '-metadata:s:v', 'rotate=90'] }],
    });
    assert.equal((await ffmpeg.probe(plain)).streams[0]?.rotation, undefined);
    assert.equal(Math.abs((await ffmpeg.probe(rotated)).streams[0]?.rotation ?? 0), 90);
  });

  it('does not take the cover of a song for a video', async () => {
    const cover = here('cover.png');
    const song = here('song.mp3');
    const still = ['-frames:v', '1'];
    await ffmpeg.run({ inputs: [video], outputs: [{ target: cover, options: still }] });
    await ffmpeg.run({
      inputs: [sound, { source: cover }],
      outputs: [{ target: song, options: ['-map', '0', '-map', '1', '-c:v', 'copy'] }],
    });
    assert.deepEqual(
      (await ffmpeg.probe(song)).streams.map((stream) => stream.type),
      ['audio'],
    );
  });

  it('refuses what is no media, in one sentence', async () => {
    await writeFile(here('notes.txt'), 'a text\n'.repeat(100));
    await writeFile(here('empty.mp4'), '');
    for (const name of ['empty.mp4', 'notes.txt']) {
      await assert.rejects(ffmpeg.probe(here(name)), {
        code: 'E_INPUT',
        message:
          /^Expected a sound, picture or video (?:for the file but received ".*|but .* is empty; get it again)\.$/,
      });
    }
  });

  it('refuses what is not there or not a file', async () => {
    await assert.rejects(ffmpeg.probe(here('absent.mp4')), { code: 'E_PATH' });
    await assert.rejects(ffmpeg.probe(folder), { code: 'E_PATH' });
  });

  it('does not start when it is cancelled already', async () => {
    await assert.rejects(ffmpeg.probe(here('plain.mp4'), AbortSignal.abort()), {
      code: 'E_CANCELLED',
    });
  });
});
