import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
  FACE_STATES,
  FACEMESH_POINTS,
  FaceTrackWriter,
  LipwireError,
  openFaceTrack,
  REFINED_POINTS,
  type Landmark,
  type TrackedFace,
} from '../../src/contract';

const points = (seed: number, length: number = FACEMESH_POINTS): Landmark[] =>
  Array.from({ length }, (_, i) => [i + seed, i * 0.5 - seed] as const);
const FACTS = { width: 640, height: 480, rate: { num: 30000, den: 1001 } };

describe('The track of a face', () => {
  let folder: string;
  let count = 0;
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-test-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function write(frames: TrackedFace[]): Promise<string> {
    const own = await mkdtemp(path.join(folder, `track-${++count}-`));
    const writer = await FaceTrackWriter.create(own, FACTS);
    for (const frame of frames) await writer.write(frame);
    assert.equal(writer.frameCount, frames.length);
    return writer.finish();
  }

  const refused = (error: unknown) => {
    assert.ok(error instanceof LipwireError, String(error));
    assert.equal(error.code, 'E_INPUT');
    assert.match(error.message, /msg\.face\.track.*face-detect/);
    return true;
  };

  it('comes back frame by frame as it was written, in any order', async () => {
    const frames: TrackedFace[] = FACE_STATES.map((state, i) => ({
      state,
      shot: i,
      score: i / 4,
      roll: -10.5 * i,
      box: [i, 2 * i, 100.5, 200.25],
      landmarks: points(i),
      ...(i % 2 === 0 && { refined: points(i + 9, REFINED_POINTS) }),
    }));
    const file = await write(frames);
    const track = await openFaceTrack(file);
    assert.deepEqual(track.header, { version: 3, ...FACTS, frameCount: 4 });
    for (const index of [3, 0, 2, 1]) assert.deepEqual(await track.frame(index), frames[index]);
    for (const index of [-1, 4, 0.5]) await assert.rejects(track.frame(index), RangeError);
    await track.close();
    // 8 numbers, 468 and 478 points of two, four bytes each.
    assert.equal((await stat(path.join(path.dirname(file), 'track.bin'))).size, 4 * 4 * 1900);
  });

  it('knows frames without a face, and boxes without landmarks', async () => {
    const none: TrackedFace = { state: 'none', shot: 0, score: 0, roll: 0 };
    const boxed: TrackedFace = { ...none, box: [1, 2, 3, 4] };
    const track = await openFaceTrack(await write([none, boxed]));
    assert.deepEqual([await track.frame(0), await track.frame(1)], [none, boxed]);
    await track.close();
  });

  it('of a picture reads as one frame, also where only the box is known', async () => {
    const file = path.join(folder, 'image.json');
    const image = { version: 1, topology: 'facemesh-468', width: 9, height: 8 };
    const landmarks = points(1).map(([x, y]) => [x, y, 5]);
    await writeFile(
      file,
      JSON.stringify({ ...image, frames: [{ box: [1, 2, 3, 4], score: 0.5, landmarks }] }),
    );
    const track = await openFaceTrack(file);
    assert.deepEqual(track.header, { version: 1, width: 9, height: 8, frameCount: 1 });
    const frame = await track.frame(0);
    assert.deepEqual(frame.landmarks, points(1));
    assert.deepEqual([frame.state, frame.box, frame.score], ['found', [1, 2, 3, 4], 0.5]);
    assert.equal(frame.refined, undefined);
    const box = [1, 2, 3, 4];
    const both = { box, score: 0.5, landmarks, refined: points(2, REFINED_POINTS) };
    await writeFile(file, JSON.stringify({ ...image, frames: [both] }));
    const refined = await (await openFaceTrack(file)).frame(0);
    assert.deepEqual(refined.refined, points(2, REFINED_POINTS));
    const cut = { ...both, refined: points(2, REFINED_POINTS - 1) };
    await writeFile(file, JSON.stringify({ ...image, frames: [cut] }));
    await assert.rejects(openFaceTrack(file), refused);
    const alone = { ...image, frames: [{ box: [1, 2, 3, 4], score: 0, landmarks: [] }] };
    await writeFile(file, JSON.stringify(alone));
    const boxed = await (await openFaceTrack(file)).frame(0);
    assert.deepEqual(boxed, { state: 'none', shot: 0, score: 0, roll: 0, box: [1, 2, 3, 4] });
  });

  it('that is not whole is refused, as is one that leads elsewhere', async () => {
    const frame: TrackedFace = { state: 'found', shot: 0, score: 1, roll: 0, landmarks: points(0) };
    const short = await write([frame, frame]);
    await truncate(path.join(path.dirname(short), 'track.bin'), 5000);
    await assert.rejects(openFaceTrack(short), refused);
    const elsewhere = await write([frame]);
    const header = JSON.parse(await readFile(elsewhere, 'utf8')) as Record<string, unknown>;
    for (const change of [
      { records: '../track.bin' },
      { records: '/etc/passwd' },
      { records: 'none.bin' },
      { records: undefined },
      { frameCount: 0 },
      { frameCount: 2 },
      { width: 0 },
      { version: 2 },
    ]) {
      await writeFile(elsewhere, JSON.stringify({ ...header, ...change }));
      await assert.rejects(openFaceTrack(elsewhere), refused, JSON.stringify(change));
    }
    for (const content of ['', 'null', '[]', '{"version":1,"width":1,"height":1}']) {
      await writeFile(elsewhere, content);
      await assert.rejects(openFaceTrack(elsewhere), refused, content);
    }
    await assert.rejects(openFaceTrack(path.join(folder, 'nowhere.json')), refused);
  });

  it('does not write over one that is there', async () => {
    const file = await write([]);
    await assert.rejects(FaceTrackWriter.create(path.dirname(file), FACTS), /EEXIST/);
  });
});
