import assert from 'node:assert/strict';
import {
  boxInput,
  crop,
  faceInput,
  pastePatch,
  patchFromOutput,
  resizeBilinear,
  type BytePicture,
} from '../../../src/lipsync/wav2lip/face-input';
import { padBox, smoothBoxes, type PixelBox } from '../../../src/lipsync/wav2lip/face-path';
import { needFixture } from '../../support/fixtures';
import { noise } from '../../support/noise';
import { readNpy, type NpyArray } from '../../support/npy';

function noisy(width: number, height: number, seed = 1): BytePicture {
  const data = Uint8Array.from(noise(width * height * 3, 0, 256, seed));
  return { width, height, channels: 3, data };
}

const golden = (context: Mocha.Context, name: string): NpyArray =>
  readNpy(needFixture(context, `golden/wav2lip_gan_96/${name}`));

describe('boxes of the reference', () => {
  const smoothed = (...values: number[]): Int32Array => {
    const boxes = Int32Array.from(values.flatMap((v) => [v, v, v, v]));
    smoothBoxes(boxes);
    return boxes;
  };
  const line = (...values: number[]): Int32Array => {
    return Int32Array.from(values.flatMap((v) => [v, v, v, v]));
  };

  it('are smoothed forwards, in place and truncated', () => {
    const cases: [number[], number[]][] = [
      [
        [10, 20, 30, 40, 50, 60, 70],
        [30, 40, 50, 54, 56, 58, 57],
      ],
      [
        [10, 20, 30],
        [25, 25, 27],
      ],
      [
        [10, 20],
        [15, 17],
      ],
      [[10], [10]],
      [[], []],
    ];
    for (const [from, to] of cases) assert.deepEqual(smoothed(...from), line(...to));
  });

  it('with four boxes only the last one is the window, as Python counts a negative start', () => {
    assert.deepEqual(smoothed(10, 20, 30, 40), line(40, 40, 40, 40));
  });

  it('are padded and kept inside the picture', () => {
    const pads = { top: 5, bottom: 10, left: 3, right: 4 };
    assert.deepEqual(padBox([10, 20, 50, 60], pads, { width: 100, height: 100 }), [7, 15, 54, 70]);
    assert.deepEqual(padBox([1, 2, 99, 95], pads, { width: 100, height: 100 }), [0, 0, 100, 100]);
  });
});

describe('bilinear resizing in fixed point', () => {
  it('keeps flat pictures flat and equal sizes equal', () => {
    const flat = {
      width: 137,
      height: 121,
      channels: 3,
      data: new Uint8Array(137 * 121 * 3).fill(77),
    };
    assert.ok(resizeBilinear(flat, 96, 96).data.every((value) => value === 77));
    const same = noisy(9, 7);
    assert.deepEqual(resizeBilinear(same, 9, 7), same);
  });

  it('is the 2 × 2 mean when both sides are halved exactly', () => {
    const { data } = resizeBilinear(
      { width: 4, height: 2, channels: 1, data: Uint8Array.of(1, 2, 10, 20, 3, 4, 30, 41) },
      2,
      1,
    );
    assert.deepEqual([...data], [3, 25]);
    // Halved in one direction only it interpolates, which here is the mean, truncated on the way.
    const one = { width: 4, height: 1, channels: 1, data: Uint8Array.of(0, 255, 10, 20) };
    assert.deepEqual([...resizeBilinear(one, 2, 1).data], [128, 15]);
  });

  it('gives what OpenCV 4.6 gives, growing and shrinking', () => {
    const data = Uint8Array.from(
      { length: 20 },
      (_, i) => ((i % 5) * 37 + Math.floor(i / 5) * 91) % 256,
    );
    const from = { width: 5, height: 4, channels: 1, data };
    const grown = [
      [0, 21, 47, 74, 100, 127, 148],
      [15, 36, 63, 89, 115, 142, 163],
      [56, 77, 103, 130, 156, 182, 204],
      [96, 117, 139, 156, 182, 208, 230],
      [137, 158, 147, 83, 109, 135, 157],
      [177, 198, 155, 9, 35, 62, 83],
      [118, 139, 121, 35, 62, 88, 109],
      [44, 66, 80, 76, 102, 129, 150],
      // Down a column the weight is split over the edge twice and truncated twice.
      [17, 38, 64, 91, 117, 144, 165],
    ];
    assert.deepEqual([...resizeBilinear(from, 7, 9).data], grown.flat());
    const shrunk = [27, 89, 151, 149, 83, 144, 57, 76, 137];
    assert.deepEqual([...resizeBilinear(from, 3, 3).data], shrunk);
  });

  it('stays within one level of exact interpolation', () => {
    for (const [width, height] of [
      [137, 121],
      [300, 251],
      [60, 71],
      [96, 200],
    ] as const) {
      const from = noisy(width, height, width);
      const resized = resizeBilinear(from, 96, 96);
      const at = (d: number, source: number): [number, number, number] => {
        const place = Math.min(Math.max(((d + 0.5) * source) / 96 - 0.5, 0), source - 1);
        const start = Math.min(Math.floor(place), source - 2);
        return [start, start + 1, place - start];
      };
      resized.data.forEach((value, i) => {
        const [y0, y1, fy] = at(Math.floor(i / 3 / 96), height);
        const [x0, x1, fx] = at(Math.floor(i / 3) % 96, width);
        const p = (x: number, y: number): number => from.data[(y * width + x) * 3 + (i % 3)];
        const top = p(x0, y0) * (1 - fx) + p(x1, y0) * fx;
        const low = p(x0, y1) * (1 - fx) + p(x1, y1) * fx;
        assert.ok(Math.abs(value - (top * (1 - fy) + low * fy)) <= 1.01, `${width}, value ${i}`);
      });
    }
  });

  it('does not filter against aliasing', () => {
    // One white column in four: a filter would give grey everywhere.
    const data = Uint8Array.from({ length: 400 * 4 }, (_, i) => (i % 4 === 1 ? 255 : 0));
    const { data: small } = resizeBilinear({ width: 400, height: 4, channels: 1, data }, 100, 4);
    assert.ok(small.every((value) => value === 128));
  });

  it('refuses sizes without pixels', () => {
    assert.throws(() => resizeBilinear(noisy(4, 4), 0, 4), { code: 'E_INPUT' });
    assert.throws(() => resizeBilinear(noisy(4, 4), 4, 1.5), { code: 'E_INPUT' });
  });
});

describe('network input', () => {
  /*
   * The golden run was facefusion's: it made the 96 × 96 face with OpenCV's area method from an
   * aligned crop, so that resizing is not comparable; everything after it is, bit for bit.
   */
  it('equals the golden tensor, made from the golden 96 × 96 face, exactly', function () {
    const face = golden(this, 'area_vision_frame.npy');
    const expected = golden(this, 'target_input.npy');
    const made = new Float32Array(6 * 96 * 96);
    const data = face.data as Uint8Array;
    faceInput({ width: 96, height: 96, channels: 3, data }, 'bgr', made);
    assert.deepEqual(made, expected.data);
  });

  it('holds blue first whatever the order of the picture', () => {
    const bgr = noisy(96, 96);
    const rgb = { ...bgr, data: bgr.data.slice() };
    for (let i = 0; i < rgb.data.length; i += 3) rgb.data.subarray(i, i + 3).reverse();
    const a = new Float32Array(6 * 96 * 96);
    const b = new Float32Array(6 * 96 * 96);
    faceInput(bgr, 'bgr', a);
    faceInput(rgb, 'rgb', b);
    assert.deepEqual(a, b);
  });

  it('is black in the lower half of the first three planes only', () => {
    const white = {
      width: 96,
      height: 96,
      channels: 3,
      data: new Uint8Array(96 * 96 * 3).fill(255),
    };
    const made = new Float32Array(6 * 96 * 96);
    boxInput(white, [0, 0, 96, 96], 96, 'rgb', made);
    made.forEach((value, i) => {
      const row = Math.floor(i / 96) % 96;
      assert.equal(value, i < 3 * 96 * 96 && row >= 48 ? 0 : 1);
    });
  });

  it('refuses a box outside the picture and a batch place of another size', () => {
    for (const box of [
      [-1, 0, 5, 5],
      [0, 0, 11, 5],
      [5, 5, 5, 9],
    ] as const) {
      assert.throws(() => crop(noisy(10, 10), box), { code: 'E_INPUT' });
    }
    assert.throws(() => faceInput(noisy(96, 96), 'rgb', new Float32Array(5)), { code: 'E_INPUT' });
  });
});

describe('network output', () => {
  it('becomes the golden patch exactly: truncated, not rounded', function () {
    const output = golden(this, 'raw_model_output.npy');
    const expected = golden(this, 'normalized_area_vision_frame.npy');
    const patch = patchFromOutput(output.data as Float32Array, 96, 96, 'bgr');
    assert.deepEqual(patch.data, expected.data);
  });

  it('is clipped to 0…255', () => {
    const planes = Float32Array.of(-0.5, 0.999, 1, 1.5, 0.5, 0);
    assert.deepEqual([...patchFromOutput(planes, 2, 1, 'rgb').data], [127, 255, 0, 0, 255, 254]);
  });

  it('is pasted hard: inside the box the patch, outside untouched', () => {
    const picture = noisy(60, 50);
    const before = picture.data.slice();
    const patch = noisy(96, 96, 5);
    const box: PixelBox = [7, 9, 40, 44];
    pastePatch(picture, patch, box);
    assert.deepEqual(crop(picture, box), resizeBilinear(patch, 33, 35));
    picture.data.forEach((value, i) => {
      const x = Math.floor(i / 3) % 60;
      const y = Math.floor(i / 180);
      if (x < 7 || x >= 40 || y < 9 || y >= 44) assert.equal(value, before[i]);
    });
  });
});
