import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FaceRig, restPose, type Pose, CHANNELS } from '../../src/lipsync/builtin/face-rig';
import { LIPS_INNER, LIPS_OUTER, type Landmark } from '../../src/contract';
import { drawnFace } from '../support/drawn-face';

const { picture, landmarks } = drawnFace();
const puppet = new FaceRig(picture, landmarks);
const OPEN: Partial<Pose> = { active: 1, open: 1, jaw: 1 };

function render(shape: Partial<Pose>, of = puppet): Uint8Array {
  const frame = new Uint8Array(of.picture.data.length);
  of.render({ ...restPose(), ...shape }, frame);
  return frame;
}

/** Rows and columns of the pixels in which two frames differ. */
function changed(frame: Uint8Array, { data, width } = picture) {
  const places: [number, number][] = [];
  for (let i = 0; i < frame.length; i += 3) {
    if (frame[i] !== data[i] || frame[i + 1] !== data[i + 1] || frame[i + 2] !== data[i + 2]) {
      places.push([(i / 3) % width, Math.floor(i / 3 / width)]);
    }
  }
  return places;
}

/** The drawn face with its lower lip down and white teeth between the lips. */
function drawnSmile() {
  const face = drawnFace();
  const { data, width } = face.picture;
  const lower: number[] = [...LIPS_INNER.slice(11), ...LIPS_OUTER.slice(11)];
  const corners = [61, 291].map((index) => face.landmarks[index]);
  const points = face.landmarks.map((point, index): Landmark => {
    const isLower = lower.includes(index);
    return isLower ? [point[0], point[1] + 10] : point;
  });
  for (const index of LIPS_INNER.slice(1, 10)) {
    const [x, y] = face.landmarks[index];
    if (Math.min(...corners.map(([cx]) => Math.abs(x - cx))) < 6) continue;
    for (let row = Math.round(y) + 2; row < y + 8; row++) {
      for (let column = Math.round(x) - 4; column <= x + 4; column++) {
        data.set([235, 230, 225], 3 * (row * width + column));
      }
    }
  }
  return { picture: face.picture, landmarks: points };
}

const anyPose = fc.record(
  Object.fromEntries(
    CHANNELS.map((channel) => [channel, fc.double({ min: 0, max: 1, noNaN: true })]),
  ),
) as fc.Arbitrary<Pose>;

describe('a puppet', () => {
  it('is the portrait, byte for byte, at rest', () => {
    assert.deepEqual(render({}), picture.data);
  });

  it('does not move closed lips by speech that asks for nothing', () => {
    assert.deepEqual(render({ active: 1 }), picture.data);
  });

  it('leaves every pixel outside its region as it was, whatever the pose', () => {
    const { x, y, width, height } = puppet.movedRegion();
    fc.assert(
      fc.property(anyPose, (pose) => {
        for (const [px, py] of changed(render(pose))) {
          assert.ok(px >= x && px < x + width && py >= y && py < y + height, `${px}, ${py}`);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('fades out before its region ends, so that there is no seam', () => {
    const face = drawnFace(200, 480);
    const tall = new FaceRig(face.picture, face.landmarks);
    const frame = render({ ...OPEN, round: 1, blink: 1 }, tall);
    const { x, y, width, height } = tall.movedRegion();
    for (const [px, py] of changed(frame, face.picture)) {
      const inset = Math.min(px - x, py - y, x + width - 1 - px, y + height - 1 - py);
      if (inset > 2) continue;
      const at = 3 * (py * face.picture.width + px);
      assert.ok(Math.abs(frame[at] - face.picture.data[at]) <= 4, `${px}, ${py}`);
    }
  });

  it('keeps eyes and nose where they are while it speaks, and the mouth while it blinks', () => {
    const nose = landmarks[1][1];
    assert.ok(changed(render({ ...OPEN, round: 0.5 })).every(([, py]) => py > nose - 30));
    assert.ok(changed(render({ blink: 1 })).every(([, py]) => py < nose));
  });

  it('opens its mouth onto something darker than the lips, not black, and wider for more', () => {
    const [cx, cy] = puppet.mouth.frame.origin;
    const darkRows = (open: number) => {
      const frame = render({ active: 1, open, jaw: open });
      let rows = 0;
      for (let y = Math.round(cy - 20); y < cy + 40; y++) {
        const red = frame[3 * (y * picture.width + Math.round(cx))];
        if (red < 140 && red > 5) rows++;
      }
      return rows;
    };
    const counts = [0, 0.3, 0.6, 1].map(darkRows);
    assert.deepEqual(
      [...counts].sort((a, b) => a - b),
      counts,
    );
    assert.ok(counts[3] > counts[0] + 6, counts.join(' '));
  });

  it('keeps the lips shut when they are to be shut, however open it is asked to be', () => {
    assert.deepEqual(
      render({ active: 1, open: 1, jaw: 0, closure: 1 }),
      render({ active: 1, open: 0, jaw: 0, closure: 1 }),
    );
  });

  it('takes the chin along with the jaw', () => {
    const chin = Math.round(landmarks[152][1]);
    const places = changed(render(OPEN)).filter(([, py]) => py >= chin - 2);
    assert.ok(places.length > 50);
  });

  it('draws the same frame for the same pose', () => {
    const pose = { active: 1, open: 0.7, jaw: 0.5, round: 0.4, teeth: 0.3, blink: 0.6 };
    assert.deepEqual(render(pose), render(pose, new FaceRig(picture, landmarks)));
  });

  it('works on small, tilted, odd-sized and cut-off faces without leaving the picture', () => {
    for (const [width, height, roll] of [
      [40, 48, 0],
      [64, 64, 0.7],
      [201, 241, -0.5],
      [900, 400, 0.2],
    ] as const) {
      const face = drawnFace(width, height, roll);
      const other = new FaceRig(face.picture, face.landmarks);
      assert.deepEqual(render({}, other), face.picture.data);
      const moved = changed(render({ ...OPEN, blink: 1 }, other), face.picture);
      assert.ok(moved.length > 0, `${width}×${height}`);
    }
    const half = landmarks.map(([px, py]) => [px - 100, py + 60] as const);
    assert.doesNotThrow(() => render(OPEN, new FaceRig(picture, half)));
  });

  it('covers the teeth of a smile with its lips when they are to be shut', () => {
    const smile = drawnSmile();
    const other = new FaceRig(smile.picture, smile.landmarks);
    assert.ok(other.mouth.isApart);
    const white = (shape: Partial<Pose>) => {
      const frame = render(shape, other);
      let count = 0;
      for (let i = 0; i < frame.length; i += 3) if (frame[i + 2] > 200) count++;
      return count;
    };
    const shown = white({});
    assert.ok(shown > 100, `${shown}`);
    assert.equal(white({ active: 1, closure: 1, jaw: 0.06 }), 0);
    assert.ok(white({ active: 1, open: 0.5, jaw: 0.4 }) > 0.5 * shown);
  });

  it('survives landmarks that all lie in one place', () => {
    const heap = landmarks.map(() => [50, 50] as const);
    assert.doesNotThrow(() => render({ ...OPEN, blink: 1 }, new FaceRig(picture, heap)));
  });
});
