import assert from 'node:assert/strict';
import { noise } from '../../support/noise';
import { integers, model, run, tensor } from './support';

const near = (actual: ArrayLike<number>, expected: ArrayLike<number>, limit = 1e-4): void => {
  assert.equal(actual.length, expected.length);
  Array.from(actual).forEach((value, i) => {
    assert.ok(
      Math.abs(value - expected[i]) <= limit,
      `number ${i} is ${value}, not ${expected[i]}`,
    );
  });
};

/** x, y, z of points around the middle of a picture of 24 × 20 pixels. */
const POINTS = [
  [5, 6, 1],
  [17, 9, -2],
  [9, 13, 0],
  [14, 4, 3],
  [20, 18, 5],
];
const OPTIONS = {
  left_rotation_idx: 0,
  right_rotation_idx: 1,
  target_rotation_radians: 0.2,
  output_width: 6,
  output_height: 5,
  scale_x: 2.4,
  scale_y: 1.2,
};
const SUBSET = [0, 1, 2, 3];

/** As MediaPipe's source describes it: the picture's pixel for a pixel of the grid. */
function transform(x: number, y: number): [number, number] {
  const [left, right] = [POINTS[0], POINTS[1]];
  const turn = OPTIONS.target_rotation_radians - Math.atan2(right[1] - left[1], right[0] - left[0]);
  const rotate = (a: number, [px, py]: readonly number[]): [number, number] => [
    Math.cos(a) * px - Math.sin(a) * py,
    Math.sin(a) * px + Math.cos(a) * py,
  ];
  const turned = SUBSET.map((index) => rotate(turn, POINTS[index]));
  const [low, high] = [Math.min, Math.max].map((pick) =>
    [0, 1].map((axis) => pick(...turned.map((point) => point[axis]))),
  );
  const centre = rotate(-turn, [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2]);
  const [dx, dy] = rotate(-turn, [
    (x - OPTIONS.output_width / 2) *
      ((OPTIONS.scale_x * (high[0] - low[0])) / OPTIONS.output_width),
    (y - OPTIONS.output_height / 2) *
      ((OPTIONS.scale_y * (high[1] - low[1])) / OPTIONS.output_height),
  ]);
  return [centre[0] + dx, centre[1] + dy];
}

const attributes = {
  ...Object.fromEntries(Object.entries(OPTIONS).map(([name, f]) => [name, { f }])),
  subset_idxs: integers(...SUBSET),
};
const matrix = {
  name: 'matrix',
  op: 'Landmarks2TransformMatrix',
  input: ['points'],
  attr: attributes,
};
const points = tensor([1, POINTS.length, 3], POINTS.flat());

describe('MediaPipe’s operators give what their source describes', () => {
  it('points move from a grid onto the turned box around landmarks', async () => {
    const grid = [
      [0, 0],
      [6, 0],
      [3, 2.5],
      [1.5, 4],
    ];
    const move = { name: 'moved', op: 'TransformLandmarks', input: ['x', 'matrix'] };
    const { shape, data } = await run(
      model([1, 4, 2], { points }, [matrix, move]),
      [1, 4, 2],
      Float32Array.from(grid.flat()),
    );
    assert.deepEqual([...shape], [1, 4, 2]);
    near(
      data,
      grid.flatMap(([x, y]) => transform(x, y)),
    );
  });

  it('a picture is sampled at the centres of the grid, and is zero outside', async () => {
    const [height, width, channels] = [20, 24, 3];
    const pixels = noise(height * width * channels, -1, 1);
    const sample = {
      name: 'sampled',
      op: 'TransformTensorBilinear',
      input: ['x', 'matrix'],
      attr: { output_width: { f: 6 }, output_height: { f: 5 } },
    };
    const { shape, data } = await run(
      model([1, height, width, channels], { points }, [matrix, sample]),
      [1, height, width, channels],
      pixels,
    );
    assert.deepEqual([...shape], [1, 5, 6, channels]);
    let outside = 0;
    const expected = Array.from({ length: 5 * 6 * channels }, (_, i) => {
      const [channel, pixel] = [i % channels, Math.floor(i / channels)];
      const place = transform((pixel % 6) + 0.5, Math.floor(pixel / 6) + 0.5);
      const [x, y] = place.map((side) => side - 0.5);
      if (x < 0 || y < 0 || x > width - 1 || y > height - 1) {
        outside++;
        return 0;
      }
      const at = (column: number, row: number): number =>
        pixels[(row * width + column) * channels + channel];
      const [x0, y0] = [Math.min(Math.floor(x), width - 2), Math.min(Math.floor(y), height - 2)];
      const [fx, fy] = [x - x0, y - y0];
      const upper = at(x0, y0) * (1 - fx) + at(x0 + 1, y0) * fx;
      const lower = at(x0, y0 + 1) * (1 - fx) + at(x0 + 1, y0 + 1) * fx;
      return upper * (1 - fy) + lower * fy;
    });
    assert.ok(outside > 0 && outside < expected.length / 2, `${outside} outside`);
    near(data, expected, 1e-3);
  });

  it('ranges of a tensor are cut out, with TensorFlow’s masks', async () => {
    const slice = (mask: number) => ({
      name: 'cut',
      op: 'StridedSlice',
      input: ['x', 'begin', 'end', 'step'],
      attr: { begin_mask: { i: 0 }, end_mask: { i: mask } },
    });
    const whole = (...values: number[]) => tensor([values.length], values, true);
    const constants = { begin: whole(0, 1, 0), end: whole(1, -1, 2), step: whole(1, 1, 1) };
    const data = Float32Array.from({ length: 15 }, (_, i) => i);
    const cut = await run(model([1, 5, 3], constants, [slice(0)]), [1, 5, 3], data);
    assert.deepEqual(
      [[...cut.shape], [...cut.data]],
      [
        [1, 3, 2],
        [3, 4, 6, 7, 9, 10],
      ],
    );
    const masked = await run(model([1, 5, 3], constants, [slice(4)]), [1, 5, 3], data);
    assert.deepEqual([...masked.shape], [1, 3, 3]);
  });
});
