import assert from 'node:assert/strict';
import * as topology from '../../src/contract/facemesh';
import {
  FACEMESH,
  FACEMESH_POINTS,
  measureOpenness,
  measureRoll,
  REFINED_POINTS,
} from '../../src/contract';

type Points = [number, number, number][];

/** A mesh whose points all lie in the middle, but for those given. */
function mesh(points: Record<number, [number, number]>): Points {
  return Array.from({ length: FACEMESH_POINTS }, (_, index) => {
    const [x, y] = points[index] ?? [50, 50];
    return [x, y, 0];
  });
}

const MOUTH = { 78: [30, 50], 308: [70, 50] } as const;
const gap = (height: number): Points =>
  mesh({
    ...(MOUTH as unknown as Record<number, [number, number]>),
    ...{ 82: [45, 50 - height / 2], 13: [50, 50 - height / 2], 312: [55, 50 - height / 2] },
    ...{ 87: [45, 50 + height / 2], 14: [50, 50 + height / 2], 317: [55, 50 + height / 2] },
  });

describe('the FaceMesh topology', () => {
  it('lists points that exist, each once', () => {
    const loops = Object.entries(topology).filter(
      ([name, value]) => Array.isArray(value) && name !== 'LIPS_RINGS',
    );
    assert.equal(loops.length, 11);
    for (const [name, loop] of loops as [string, readonly number[]][]) {
      const [first, end] = name.endsWith('IRIS')
        ? [FACEMESH_POINTS, REFINED_POINTS]
        : [0, FACEMESH_POINTS];
      assert.equal(new Set(loop).size, loop.length, name);
      assert.ok(
        loop.every((index) => index >= first && index < end),
        name,
      );
    }
    const rings = topology.LIPS_RINGS.flat();
    assert.equal(new Set(rings).size, 80);
  });

  it('puts the right corner of the mouth in the middle of both lip loops', () => {
    for (const loop of [topology.LIPS_OUTER, topology.LIPS_INNER]) assert.equal(loop.length, 20);
    assert.equal(topology.LIPS_OUTER[10], FACEMESH.mouthRight);
    assert.equal(topology.LIPS_INNER[10], FACEMESH.innerMouthRight);
    assert.equal(topology.FACE_OVAL[18], FACEMESH.chin);
  });
});

describe('measures of a mesh', () => {
  it('openness is the gap as a share of the width, whatever scale and roll', () => {
    assert.equal(measureOpenness(gap(0)), 0);
    assert.ok(Math.abs(measureOpenness(gap(20)) - 0.5) < 1e-9);
    const turned = gap(20).map(([x, y, z]) => [
      3 * (x * 0.8 - y * 0.6),
      3 * (x * 0.6 + y * 0.8),
      z,
    ]);
    assert.ok(Math.abs(measureOpenness(turned as Points) - 0.5) < 1e-9);
  });

  it('openness of a mouth without width is 0, not NaN', () => {
    assert.equal(measureOpenness(mesh({})), 0);
  });

  it('roll is positive when the face is turned clockwise', () => {
    assert.equal(measureRoll(mesh({ 33: [40, 40], 263: [60, 40] })), 0);
    assert.ok(Math.abs(measureRoll(mesh({ 33: [40, 40], 263: [60, 60] })) - 45) < 1e-9);
  });
});
