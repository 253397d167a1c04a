import assert from 'node:assert/strict';
import fc from 'fast-check';
import { boxAround, intersectionOverUnion, padBox, sharedPart, type Box } from '../../src/face/box';
import { viewOfLandmarks } from '../../src/face/facemesh';
import { Pyramid, toPicture, toView, sampleView } from '../../src/face/view';
import { BLAZEFACE_LEAST_SHARE } from '../../src/face/blazeface/detect';
import { YUNET_LEAST_SHARE } from '../../src/face/yunet/detect';
import { planSearch } from '../../src/face/find';
import { selectFace } from '../../src/face/choose';
import type { Picture } from '../../src/av/picture';
import { LipwireError } from '../../src/contract';

const real = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const view = fc.record({
  x: real(-500, 500),
  y: real(-500, 500),
  size: real(1, 2000),
  roll: real(-4, 4),
});

function ramp(width: number, height: number): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set([x, y, 7], (y * width + x) * 3);
  }
  return { width, height, data };
}

describe('views', () => {
  it('a point goes into the picture and back', () => {
    fc.assert(
      fc.property(view, real(0, 1), real(0, 1), (where, u, v) => {
        const [x, y] = toPicture(where, u, v);
        const [u2, v2] = toView(where, x, y);
        assert.ok(Math.abs(u - u2) < 1e-6 && Math.abs(v - v2) < 1e-6);
      }),
    );
  });

  it('a positive roll turns clockwise: the right of the view lies lower in the picture', () => {
    const [x, y] = toPicture({ x: 100, y: 100, size: 40, roll: Math.PI / 6 }, 1, 0.5);
    assert.ok(x > 100 && y > 100);
  });

  it('sampling a view at its own size gives the pixels themselves', () => {
    const pyramid = new Pyramid(ramp(64, 64));
    const sampling = { size: 16, scale: 1, offset: 0, outside: 'edge' } as const;
    const samples = sampleView(pyramid, { x: 28, y: 18, size: 16, roll: 0 }, sampling);
    assert.deepEqual([...samples.subarray(0, 3)], [20, 10, 7]);
    assert.deepEqual([...samples.subarray(-3)], [35, 25, 7]);
  });

  it('a smaller sampling of a ramp keeps the places of its pixels', () => {
    const pyramid = new Pyramid(ramp(256, 256));
    const sampling = { size: 16, scale: 1, offset: 0, outside: 'edge' } as const;
    for (const size of [24, 32, 64, 100, 128]) {
      const samples = sampleView(pyramid, { x: 128, y: 128, size, roll: 0 }, sampling);
      for (let column = 0; column < 16; column++) {
        // The ramp's value at x is x − 0.5: pixel centres lie at halves.
        const expected = 128 - size / 2 + ((column + 0.5) * size) / 16 - 0.5;
        // Halving rounds to whole bytes, up to half a grey level a level.
        assert.ok(Math.abs(samples[column * 3] - expected) <= 1.1, `size ${size}`);
      }
    }
  });

  it('beyond the border the edge goes on, or all is black', () => {
    const pyramid = new Pyramid(ramp(32, 32));
    const at = { x: 0, y: 16, size: 16, roll: 0 };
    const edge = sampleView(pyramid, at, { size: 16, scale: 1, offset: 0, outside: 'edge' });
    const black = sampleView(pyramid, at, { size: 16, scale: 1, offset: -1, outside: 'black' });
    assert.equal(edge[2], 7);
    assert.equal(black[2], -1);
    assert.equal(black[15 * 3 + 2], 6);
  });

  it('landmarks that are turned and moved give a view that is turned and moved alike', () => {
    const points = Array.from({ length: 468 }, (_, index): [number, number] => {
      return [100 + (index % 20) * 5, 100 + Math.floor(index / 20) * 5];
    });
    points[33] = [120, 140];
    points[263] = [180, 140];
    const upright = viewOfLandmarks(points);
    assert.equal(upright.roll, 0);
    const frame = { x: 0, y: 0, size: 1, roll: 0.6 };
    const turned = viewOfLandmarks(points.map(([x, y]) => toPicture(frame, x + 0.5, y + 0.5)));
    const [x, y] = toPicture(frame, upright.x + 0.5, upright.y + 0.5);
    assert.ok(Math.abs(turned.roll - 0.6) < 1e-9);
    assert.ok(Math.abs(turned.size - upright.size) < 1e-6);
    assert.ok(Math.hypot(turned.x - x, turned.y - y) < 1e-6);
  });
});

describe('the search', () => {
  it('shows every face of 40 pixels or more whole in some view, and large enough', () => {
    const place = fc.record({
      width: fc.integer({ min: 60, max: 7000 }),
      height: fc.integer({ min: 60, max: 6000 }),
      share: real(0.001, 1),
      least: fc.constantFrom(BLAZEFACE_LEAST_SHARE, YUNET_LEAST_SHARE),
      u: real(0, 1),
      v: real(0, 1),
    });
    fc.assert(
      fc.property(place, ({ width, height, share, least, u, v }) => {
        const size = 40 + (Math.min(width, height) - 40) * share;
        const [x, y] = [size / 2 + u * (width - size), size / 2 + v * (height - size)];
        const views = planSearch(width, height, least).flatMap((level) => level.views);
        const good = views.some((each) => {
          const [du, dv] = [Math.abs(each.x - x), Math.abs(each.y - y)];
          const isWhole = Math.max(du, dv) + size / 2 <= each.size / 2;
          return isWhole && size >= each.size * least * 0.95;
        });
        assert.ok(good, `${size} pixels at ${x}, ${y}`);
      }),
    );
  });

  it('stays bounded for the largest pictures', () => {
    for (const [width, height] of [
      [10_000, 10_000],
      [100_000, 1000],
      [7746, 5164],
    ] as const) {
      const views = planSearch(width, height, BLAZEFACE_LEAST_SHARE).flatMap(
        (level) => level.views,
      );
      assert.ok(views.length < 4000, `${views.length} views for ${width} × ${height}`);
    }
  });
});

describe('boxes', () => {
  it('overlap of equal, apart and nested boxes', () => {
    const a: Box = [0, 0, 10, 10];
    assert.equal(intersectionOverUnion(a, a), 1);
    assert.equal(intersectionOverUnion(a, [10, 0, 20, 10]), 0);
    assert.equal(intersectionOverUnion(a, [0, 0, 5, 5]), 0.25);
    assert.equal(sharedPart(a, [0, 0, 5, 5]), 1);
  });

  it('a box goes around its points; padding stays inside the picture', () => {
    const box = boxAround([
      [10, 50],
      [30, 20],
    ]);
    assert.deepEqual(box, [10, 20, 30, 50]);
    assert.deepEqual(padBox(box, 1, { width: 40, height: 60 }), [0, 0, 40, 60]);
    assert.deepEqual(padBox(box, 0.1, { width: 100, height: 100 }), [8, 17, 32, 53]);
    assert.deepEqual(padBox([-5, 5, 10, 10], 0, { width: 100, height: 100 }), [0, 5, 10, 10]);
  });
});

describe('selecting a face', () => {
  const faces = [
    { box: [0, 0, 50, 60] as Box, score: 0.7 },
    { box: [180, 180, 220, 220] as Box, score: 0.8 },
    { box: [300, 100, 340, 160] as Box, score: 0.9 },
  ];
  const picture = { width: 400, height: 400 };
  const choose = (select: string, faceNumber = 1) =>
    selectFace(faces, { select, faceNumber }, picture);

  it('the largest, the most central, the best, or by number from the left', () => {
    assert.equal(choose('largest'), 0);
    assert.equal(choose('central'), 1);
    assert.equal(choose('score'), 2);
    assert.deepEqual(
      [1, 2, 3].map((number) => choose('number', number)),
      [0, 1, 2],
    );
  });

  it('a number that there is not is E_INPUT and says how many were found', () => {
    assert.throws(
      () => choose('number', 4),
      (error: unknown) =>
        error instanceof LipwireError && error.code === 'E_INPUT' && /1 to 3/.test(error.message),
    );
  });
});
