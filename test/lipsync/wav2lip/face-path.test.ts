import assert from 'node:assert/strict';
import { FacePath, type PathOptions } from '../../../src/lipsync/wav2lip/face-path';
import { FACEMESH_POINTS, type OpenFaceTrack, type TrackedFace } from '../../../src/contract';
import { noise } from '../../support/noise';

type Face = Partial<TrackedFace> & { x?: number };

/** A track of faces that are wholly at one number. */
function trackOf(faces: readonly Face[]): OpenFaceTrack {
  return {
    header: { version: 3, width: 200, height: 100, frameCount: faces.length },
    frame: async (index) => {
      const { x, ...rest } = faces[index];
      const face: TrackedFace = { state: 'found', shot: 0, score: 1, roll: 0, ...rest };
      if (x === undefined) return face;
      const landmarks = Array.from({ length: FACEMESH_POINTS }, () => [x, x / 2] as const);
      return { ...face, landmarks, box: [x, x / 2, x + 20, x / 2 + 30] };
    },
    close: async () => undefined,
  };
}

async function pathOf(faces: readonly Face[], values: Partial<PathOptions> = {}) {
  const path = new FacePath({
    ...{ track: trackOf(faces), width: 200, height: 100, scale: 1, fps: 25 },
    ...{ follow: 'landmarks', smoothing: 'zero-lag', used: faces.length },
    pads: { top: 0, bottom: 0, left: 0, right: 0 },
    ...values,
  });
  return Promise.all(faces.map((_, i) => path.at(i)));
}

const places = async (faces: readonly Face[], values?: Partial<PathOptions>) =>
  (await pathOf(faces, values)).map((face) => face && rounded(face.landmarks![7][0]));
const rounded = (value: number): number => Math.round(value * 1e9) / 1e9;

describe('the path of a face', () => {
  it('with zero lag is steady motion itself, to both ends', async () => {
    const line = Array.from({ length: 20 }, (_, i) => ({ x: 10 + 3 * i }));
    (await places(line)).forEach((x, i) => assert.ok(Math.abs(x! - line[i].x) < 1e-9));
    const next = await places(line, { smoothing: 'none' });
    assert.deepEqual(
      next,
      line.map(({ x }) => x),
    );
  });

  it('with zero lag is steadier than what was measured', async () => {
    const shaking = [...noise(60, 40, 44)].map((x) => ({ x }));
    const jitter = (values: number[]): number =>
      values.slice(1).reduce((sum, value, i) => sum + Math.abs(value - values[i]), 0);
    const before = jitter(shaking.map(({ x }) => x).slice(6, 54));
    const after = jitter(((await places(shaking)) as number[]).slice(6, 54));
    assert.ok(after < before / 2.5, `${before} to ${after}`);
  });

  it('neither leads nor lags a step, where the reference leads', async () => {
    const step = Array.from({ length: 30 }, (_, i) => ({ x: i < 15 ? 0 : 10 }));
    const zero = (await places(step)) as number[];
    zero.forEach((x, i) => assert.ok(Math.abs(x + zero[29 - i] - 10) < 1e-9, `${i}`));
    const ahead = (await places(step, { smoothing: 'reference' })) as number[];
    assert.deepEqual(ahead.slice(10, 16), [0, 2, 4, 6, 8, 10]);
  });

  it('does not look beyond a cut, nor over a frame without a face', async () => {
    for (const smoothing of ['zero-lag', 'reference'] as const) {
      const cut = Array.from({ length: 12 }, (_, i) => ({
        x: i < 6 ? 0 : 90,
        shot: i < 6 ? 0 : 1,
      }));
      assert.deepEqual(
        await places(cut, { smoothing }),
        cut.map(({ x }) => x),
      );
      const hole: Face[] = cut.map(({ x }) => ({ x }));
      hole[5] = { state: 'none' };
      assert.deepEqual(
        await places(hole, { smoothing }),
        cut.map(({ x }, i) => (i === 5 ? undefined : x)),
      );
    }
  });

  it('of boxes has the reference’s numbers: cut, padded, then smoothed over all that is used', async () => {
    const faces = [10, 20, 30, 40, 50, 60, 70, 500, 500].map((x) => ({ x: x + 0.9 }));
    const values = { follow: 'box', smoothing: 'reference', used: 7 } as const;
    const boxes = (await pathOf(faces, values)).slice(0, 7).map((face) => face!.box!);
    assert.deepEqual(
      boxes.map(([x]) => x),
      [30, 40, 50, 54, 56, 58, 57],
    );
    const pads = { top: 3, bottom: 10, left: 20, right: 200 };
    const padded = (await pathOf(faces.slice(0, 2), { ...values, used: 2, pads })).map(
      (face) => face!.box,
    );
    // x1 is 0 for both; y1 2 and 7; x2 200, the width; y2 45 and 50.
    assert.deepEqual(padded, [
      [0, 4, 200, 47],
      [0, 5, 200, 48],
    ]);
  });

  it('of boxes may be smoothed with zero lag too, and a box without pixels is no face', async () => {
    const faces = [{ x: 10 }, { x: 20 }, { x: 30 }, { x: 400 }];
    const of = (smoothing: 'zero-lag' | 'none') =>
      pathOf(faces, { follow: 'box', smoothing, fps: 1 });
    assert.deepEqual((await of('zero-lag'))[1]!.box, [20, 10, 40, 40]);
    assert.equal((await of('none'))[3], undefined);
  });

  it('is scaled as the frames are', async () => {
    const [face] = await pathOf([{ x: 40 }], { scale: 0.5, width: 100, height: 50 });
    assert.deepEqual(face!.landmarks![0], [20, 10]);
  });
});
