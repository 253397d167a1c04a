import assert from 'node:assert/strict';
import { noise } from '../../support/noise';
import { conv2d, depthwise, pool, type Picture } from './reference';
import { base64, integers, model, run, tensor } from './support';

const picture = (height: number, width: number, channels: number): Picture => ({
  height,
  width,
  channels,
  data: noise(height * width * channels, -2, 2),
});

const window = (padding: string, stride = 1, dilation = 1) => ({
  padding: { s: base64(padding) },
  strides: integers(1, stride, stride, 1),
  dilations: integers(1, dilation, dilation, 1),
});

const fused = (...names: string[]) => ({ fused_ops: { list: { s: names.map(base64) } } });

function assertClose(actual: Float32Array, expected: ArrayLike<number>, limit = 1e-5): void {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, index) => {
    const wanted = expected[index];
    assert.ok(Math.abs(value - wanted) <= limit, `number ${index} is ${value}, not ${wanted}`);
  });
}

function assertPicture(
  actual: { shape: readonly number[]; data: Float32Array },
  { height, width, channels, data }: Picture,
): void {
  assert.deepEqual([...actual.shape], [1, height, width, channels]);
  assertClose(actual.data, data);
}

describe('converted operators give what TensorFlow documents', () => {
  const convolutions = [
    { title: 'SAME padding, stride 1', size: [7, 6], padding: 'SAME', stride: 1, dilation: 1 },
    {
      title: 'SAME padding, stride 2, even size',
      size: [8, 8],
      padding: 'SAME',
      stride: 2,
      dilation: 1,
    },
    {
      title: 'SAME padding, stride 2, odd size',
      size: [7, 9],
      padding: 'SAME',
      stride: 2,
      dilation: 1,
    },
    { title: 'VALID padding, stride 2', size: [8, 7], padding: 'VALID', stride: 2, dilation: 1 },
    { title: 'SAME padding, dilation 2', size: [9, 8], padding: 'SAME', stride: 1, dilation: 2 },
  ] as const;

  for (const { title, size, padding, stride, dilation } of convolutions) {
    const options = { stride, dilation, same: padding === 'SAME' };
    const input = picture(size[0], size[1], 3);
    const shape = [1, size[0], size[1], 3];

    it(`Conv2D with ${title}`, async () => {
      const kernel = [3, 3, 3, 4] as [number, number, number, number];
      const weights = noise(108, -1, 1, 7);
      const tfjs = model(shape, { w: tensor(kernel, weights) }, [
        { name: 'y', op: 'Conv2D', input: ['x', 'w'], attr: window(padding, stride, dilation) },
      ]);
      assertPicture(await run(tfjs, shape, input.data), conv2d(input, kernel, weights, options));
    });

    it(`DepthwiseConv2dNative with ${title} and two results a channel`, async () => {
      const kernel = [3, 3, 3, 2] as [number, number, number, number];
      const weights = noise(54, -1, 1, 8);
      const attr = window(padding, stride, dilation);
      const tfjs = model(shape, { w: tensor(kernel, weights) }, [
        { name: 'y', op: 'DepthwiseConv2dNative', input: ['x', 'w'], attr },
      ]);
      assertPicture(await run(tfjs, shape, input.data), depthwise(input, kernel, weights, options));
    });
  }

  it('an even kernel with SAME padding puts the odd pixel at the end', async () => {
    const input = picture(5, 5, 1);
    const weights = noise(4, -1, 1, 3);
    const tfjs = model([1, 5, 5, 1], { w: tensor([2, 2, 1, 1], weights) }, [
      { name: 'y', op: 'Conv2D', input: ['x', 'w'], attr: window('SAME') },
    ]);
    assertPicture(await run(tfjs, [1, 5, 5, 1], input.data), conv2d(input, [2, 2, 1, 1], weights));
  });

  const activations: [string, (value: number) => number][] = [
    ['Relu', (value) => Math.max(0, value)],
    ['Relu6', (value) => Math.min(6, Math.max(0, value))],
    ['Sigmoid', (value) => 1 / (1 + Math.exp(-value))],
  ];
  for (const [name, apply] of activations) {
    it(`_FusedConv2D with bias and ${name}`, async () => {
      const input = picture(4, 4, 2);
      const weights = noise(6, -4, 4, 5);
      const bias = [0.5, -3, 5];
      const attr = { ...window('VALID'), ...fused('BiasAdd', name) };
      const constants = { w: tensor([1, 1, 2, 3], weights), b: tensor([3], bias) };
      const tfjs = model([1, 4, 4, 2], constants, [
        { name: 'y', op: '_FusedConv2D', input: ['x', 'w', 'b'], attr },
      ]);
      const expected = conv2d(input, [1, 1, 2, 3], weights).data.map((value, index) =>
        apply(value + bias[index % 3]),
      );
      assertClose((await run(tfjs, [1, 4, 4, 2], input.data)).data, expected);
    });

    it(`${name} as a node of its own`, async () => {
      const data = noise(24, -8, 8);
      const tfjs = model([1, 24], {}, [{ name: 'y', op: name, input: ['x'] }]);
      assertClose((await run(tfjs, [1, 24], data)).data, data.map(apply));
    });
  }

  it('Prelu, fused and alone, with a slope for each channel', async () => {
    const input = picture(3, 4, 2);
    const slopes = [0.25, -0.5];
    const constants = {
      w: tensor([1, 1, 2, 2], [1, 0, 0, 1]),
      b: tensor([2], [0, 0]),
      a: tensor([1, 1, 2], slopes),
    };
    const attr = { ...window('VALID'), ...fused('BiasAdd', 'Prelu') };
    const tfjs = model([1, 3, 4, 2], constants, [
      { name: 'c', op: '_FusedConv2D', input: ['x', 'w', 'b', 'a'], attr },
      { name: 'y', op: 'Prelu', input: ['c', 'a'] },
    ]);
    const bend = (value: number, index: number) => (value < 0 ? value * slopes[index % 2] : value);
    assertClose((await run(tfjs, [1, 3, 4, 2], input.data)).data, input.data.map(bend).map(bend));
  });

  for (const padding of ['SAME', 'VALID']) {
    it(`MaxPool and AvgPool with ${padding} padding do not count the padding`, async () => {
      const input = picture(5, 7, 2);
      const attr = { ...window(padding, 2), ksize: integers(1, 3, 3, 1) };
      const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
      for (const [op, combine] of [
        ['MaxPool', (values: number[]) => Math.max(...values)],
        ['AvgPool', mean],
      ] as const) {
        const tfjs = model([1, 5, 7, 2], {}, [{ name: 'y', op, input: ['x'], attr }]);
        assertPicture(
          await run(tfjs, [1, 5, 7, 2], input.data),
          pool(input, 3, 2, padding === 'SAME', combine),
        );
      }
    });
  }

  it('Pad adds zeros to the channels that TensorFlow means, before and after a convolution', async () => {
    const input = picture(2, 3, 2);
    const constants = {
      w: tensor([1, 1, 2, 2], [1, 0, 0, 1]),
      p: tensor([4, 2], [0, 0, 1, 0, 0, 2, 0, 1], true),
    };
    const tfjs = model([1, 2, 3, 2], constants, [
      { name: 'c', op: 'Conv2D', input: ['x', 'w'], attr: window('SAME') },
      { name: 'y', op: 'Pad', input: ['c', 'p'] },
    ]);
    const output = await run(tfjs, [1, 2, 3, 2], input.data);
    assert.deepEqual([...output.shape], [1, 3, 5, 3]);
    for (let y = 0; y < 3; y++) {
      for (let x = 0; x < 5; x++) {
        for (let c = 0; c < 3; c++) {
          const inside = y >= 1 && x < 3 && c < 2;
          const wanted = inside ? input.data[((y - 1) * 3 + x) * 2 + c] : 0;
          assert.equal(output.data[(y * 5 + x) * 3 + c], wanted);
        }
      }
    }
  });

  it('Reshape after a convolution keeps the order of N, H, W, C, also with an open size', async () => {
    const input = picture(2, 3, 2);
    const constants = { w: tensor([1, 1, 2, 2], [0, 1, 1, 0]), s: tensor([2], [1, -1], true) };
    const tfjs = model([1, 2, 3, 2], constants, [
      { name: 'c', op: 'Conv2D', input: ['x', 'w'], attr: window('SAME') },
      { name: 'y', op: 'Reshape', input: ['c', 's'] },
    ]);
    const output = await run(tfjs, [1, 2, 3, 2], input.data);
    assert.deepEqual([...output.shape], [1, 12]);
    // The convolution swaps the two channels.
    assertClose(
      output.data,
      input.data.map((_, index) => input.data[index ^ 1]),
    );
  });

  it('AddV2 of a convolution and its own input, which have different layouts', async () => {
    const input = picture(3, 3, 2);
    const tfjs = model([1, 3, 3, 2], { w: tensor([1, 1, 2, 2], [2, 0, 0, 2]) }, [
      { name: 'c', op: 'Conv2D', input: ['x', 'w'], attr: window('SAME') },
      { name: 'y', op: 'AddV2', input: ['c', 'x'] },
    ]);
    assertClose(
      (await run(tfjs, [1, 3, 3, 2], input.data)).data,
      input.data.map((v) => 3 * v),
    );
  });

  it('Mul and Sub with a constant for each channel', async () => {
    const input = picture(2, 2, 3);
    const constants = {
      w: tensor([1, 1, 3, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1]),
      m: tensor([3], [2, 3, 4]),
      s: tensor([1, 1, 1, 3], [1, 0, -1]),
    };
    const tfjs = model([1, 2, 2, 3], constants, [
      { name: 'c', op: 'Conv2D', input: ['x', 'w'], attr: window('SAME') },
      { name: 'd', op: 'Mul', input: ['c', 'm'] },
      { name: 'y', op: 'Sub', input: ['d', 's'] },
    ]);
    const expected = input.data.map((value, i) => value * (2 + (i % 3)) - (1 - (i % 3)));
    assertClose((await run(tfjs, [1, 2, 2, 3], input.data)).data, expected);
  });

  it('ConcatV2 along the channels and Transpose', async () => {
    const input = picture(2, 3, 2);
    const constants = {
      w: tensor([1, 1, 2, 2], [1, 0, 0, 1]),
      a: tensor([], [-1], true),
      o: tensor([4], [0, 2, 1, 3], true),
    };
    const tfjs = model([1, 2, 3, 2], constants, [
      { name: 'c', op: 'Conv2D', input: ['x', 'w'], attr: window('SAME') },
      { name: 'd', op: 'ConcatV2', input: ['c', 'c', 'a'] },
      { name: 'y', op: 'Transpose', input: ['d', 'o'] },
    ]);
    const output = await run(tfjs, [1, 2, 3, 2], input.data);
    assert.deepEqual([...output.shape], [1, 3, 2, 4]);
    const value = (y: number, x: number, c: number) => input.data[(y * 3 + x) * 2 + (c % 2)];
    for (let x = 0; x < 3; x++) {
      for (let y = 0; y < 2; y++) {
        for (let c = 0; c < 4; c++) {
          assert.equal(output.data[(x * 2 + y) * 4 + c], value(y, x, c));
        }
      }
    }
  });
});
