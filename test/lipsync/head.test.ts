import assert from 'node:assert/strict';
import { measureMouth } from '../../src/lipsync/builtin/mouth-geometry';
import { HeadMotion, headEllipse, HeadWarp } from '../../src/lipsync/builtin/moving-portrait';
import { drawnFace } from '../support/drawn-face';

const { picture, landmarks } = drawnFace(240, 280);
const warp = new HeadWarp(picture, landmarks);

function moved(pose: { x: number; y: number; roll: number }): Uint8Array {
  const frame = new Uint8Array(picture.data.length);
  warp.move(picture.data, frame, pose);
  return frame;
}

describe('a moved head', () => {
  it('is the frame itself, byte for byte, when it is at rest', () => {
    assert.deepEqual(moved({ x: 0, y: 0, roll: 0 }), picture.data);
  });

  it('shows in its middle the picture shifted by whole pixels, exactly', () => {
    const frame = moved({ x: 3, y: -2, roll: 0 });
    const { x, y } = headEllipse(landmarks);
    for (let dy = -10; dy <= 10; dy++) {
      for (let dx = -10; dx <= 10; dx++) {
        const [column, row] = [Math.round(x) + dx, Math.round(y) + dy];
        const at = 3 * (row * picture.width + column);
        const from = 3 * ((row + 2) * picture.width + column - 3);
        assert.deepEqual(frame.subarray(at, at + 3), picture.data.subarray(from, from + 3));
      }
    }
  });

  it('leaves the border of the picture and all beyond its ellipse as they were', () => {
    const frame = moved({ x: 4, y: 3, roll: 0.02 });
    const ellipse = headEllipse(landmarks);
    const { width, height, data } = picture;
    let inside = 0;
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const at = 3 * (row * width + column);
        const same = [0, 1, 2].every((k) => frame[at + k] === data[at + k]);
        const away = Math.hypot(
          (column - ellipse.x) / ellipse.across,
          (row - ellipse.y) / ellipse.along,
        );
        const isBorder = [column, row, width - 1 - column, height - 1 - row].includes(0);
        if (isBorder || away >= 1) assert.ok(same, `${column}, ${row}`);
        else if (!same) inside++;
      }
    }
    assert.ok(inside > 10_000, `${inside}`);
  });
});

describe('the motion of a head', () => {
  const { unit } = measureMouth(picture, landmarks);

  it('stays slight and slow, and rests at both ends of a clip', () => {
    for (let seed = 0; seed < 30; seed++) {
      const motion = new HeadMotion(unit, 12, seed);
      let before = motion.at(0);
      assert.ok(Math.hypot(before.x, before.y, before.roll) < 1e-9);
      for (let i = 1; i <= 300; i++) {
        const now = motion.at(i / 25);
        assert.ok(Math.abs(now.x) < 0.08 * unit && Math.abs(now.y) < 0.06 * unit);
        assert.ok(Math.abs(now.roll) < 0.03);
        assert.ok(Math.hypot(now.x - before.x, now.y - before.y) < 0.01 * unit);
        before = now;
      }
      assert.ok(Math.hypot(before.x, before.y, before.roll) < 1e-9);
    }
  });
});
