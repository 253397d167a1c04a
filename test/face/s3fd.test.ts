import assert from 'node:assert/strict';
import {
  cropBoxOf,
  decodeBox,
  decodeS3fd,
  detectWithS3fd,
  S3FD_MEANS_AS_THE_ORIGINAL,
  s3fdInput,
  suppressOverlaps,
  type S3fdFace,
} from '../../src/face/s3fd/detect';
import { openNetwork, type Tensor } from '../../src/ml/onnx/session';
import { writeModel } from '../../src/ml/onnx/writer';
import { s3fdGraph, s3fdTable } from '../../src/face/s3fd/graph';
import { S3FD_GAIN, seededTensors } from '../support/seeded-tensors';

/** Sizes of the six levels' maps. */
type Maps = [number, number][];

/** Outputs of the network with no face anywhere, each cell of level l being 2^-l wide. */
function noFaces(maps: Maps): Record<string, Tensor> {
  const outputs: Record<string, Tensor> = {};
  maps.forEach(([rows, columns], level) => {
    const scores = new Float32Array(2 * rows * columns).fill(9, 0, rows * columns);
    outputs[`scores${level + 1}`] = { data: scores, shape: [1, 2, rows, columns] };
    const boxes = new Float32Array(4 * rows * columns);
    outputs[`boxes${level + 1}`] = { data: boxes, shape: [1, 4, rows, columns] };
  });
  return outputs;
}

/** Puts a face with that probability and those offsets into a cell. */
function put(
  outputs: Record<string, Tensor>,
  level: number,
  [row, column]: [number, number],
  score: number,
  offsets: number[],
): void {
  const scores = outputs[`scores${level}`];
  const [, , rows, columns] = scores.shape as [number, number, number, number];
  const [area, cell] = [rows * columns, row * columns + column];
  scores.data[cell] = 0;
  scores.data[area + cell] = Math.log(score / (1 - score));
  offsets.forEach((offset, axis) => {
    outputs[`boxes${level}`].data[axis * area + cell] = offset;
  });
}

const close = (actual: readonly number[], expected: readonly number[], within = 1e-4) => {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, i) => {
    assert.ok(Math.abs(value - expected[i]) <= within, `${actual.join()} is ${expected.join()}`);
  });
};

const MAPS: Maps = [
  [24, 32],
  [12, 16],
  [6, 8],
  [7, 8],
  [4, 4],
  [2, 2],
];

describe('S3FD as the original runs it', () => {
  it('subtracts the means of blue, green and red from red, green and blue', () => {
    assert.deepEqual(S3FD_MEANS_AS_THE_ORIGINAL, [104, 117, 123]);
    const data = Uint8Array.from([200, 100, 50, 0, 255, 123]);
    const input = s3fdInput({ width: 2, height: 1, data });
    assert.deepEqual([...input], [96, -104, -17, 138, -73, 0]);
  });

  it('decodes a cell as the specification’s check value says', () => {
    const box = decodeBox(8, { row: 10, column: 5 }, [0.5, -0.25, 0.1, 0.2]);
    close(box, [29.27678, 66.54703, 61.92322, 99.85297], 1e-5);
  });

  it('takes cells above 0.05 from every level, with strides of 4 to 128', () => {
    const outputs = noFaces(MAPS);
    put(outputs, 1, [3, 5], 0.9, [0, 0, 0, 0]);
    put(outputs, 2, [10, 5], 0.8, [0.5, -0.25, 0.1, 0.2]);
    put(outputs, 4, [6, 7], 0.0501, [0, 0, 0, 0]);
    put(outputs, 6, [1, 1], 0.0499, [0, 0, 0, 0]);
    const faces = decodeS3fd(outputs);
    assert.equal(faces.length, 3);
    // Anchors are four strides wide, around the middle of the cell.
    close(faces[0].box, [22 - 8, 14 - 8, 22 + 8, 14 + 8]);
    close([faces[0].score, faces[1].score, faces[2].score], [0.9, 0.8, 0.0501]);
    close(faces[1].box, [29.27678, 66.54703, 61.92322, 99.85297]);
    close(faces[2].box, [240 - 64, 208 - 64, 240 + 64, 208 + 64]);
  });

  it('keeps the best of overlapping boxes, measured in whole pixels', () => {
    const face = (x1: number, y1: number, x2: number, y2: number, score: number): S3fdFace => ({
      box: [x1, y1, x2, y2],
      score,
    });
    // Ten by ten pixels each. Shared by the first two: 5 × 10 of 150, a third.
    const all = [face(0, 0, 9, 9, 0.6), face(5, 0, 14, 9, 0.9), face(11, 0, 20, 9, 0.7)];
    const kept = suppressOverlaps(all);
    // The third shares 4 × 10 of 160 with the best: a quarter, which is not too much.
    assert.deepEqual(
      kept.map(({ score }) => score),
      [0.9, 0.7],
    );
    assert.deepEqual(suppressOverlaps([]), []);
    // Boxes that only touch share a column of pixels.
    assert.equal(suppressOverlaps([face(0, 0, 0, 0, 0.9), face(0, 0, 0, 0, 0.8)]).length, 1);
  });

  it('cuts off fractions and what is negative, and nothing beyond the other borders', () => {
    assert.deepEqual(cropBoxOf([-3.7, 12.99, 900.5, 70.01]), [0, 12, 900, 70]);
  });

  it('gives nothing at 0.5 and below, and the highest score first', async () => {
    const outputs = noFaces(MAPS);
    put(outputs, 3, [1, 1], 0.5 - 1e-4, [0, 0, 0, 0]);
    put(outputs, 3, [4, 6], 0.7, [0, 0, 0, 0]);
    put(outputs, 1, [2, 2], 0.99, [0, 0, 0, 0]);
    const network = {
      inputs: [],
      outputs: [],
      device: 'cpu',
      run: async () => outputs,
      release: async () => undefined,
    };
    const picture = { width: 128, height: 96, data: new Uint8Array(128 * 96 * 3) };
    const faces = await detectWithS3fd(network, picture);
    assert.deepEqual(
      faces.map(({ score }) => Math.round(score * 100)),
      [99, 70],
    );
  });

  it('runs on a network with seeded weights, at the size of the picture', async function () {
    this.timeout(60_000);
    const network = await openNetwork(writeModel(s3fdGraph(seededTensors(s3fdTable(), S3FD_GAIN))));
    try {
      const data = Uint8Array.from({ length: 90 * 70 * 3 }, (_, i) => (i * 37) % 256);
      const shape = [1, 3, 70, 90];
      const picture = { width: 90, height: 70, data };
      const outputs = await network.run({ picture: { data: s3fdInput(picture), shape } });
      // The fourth level's map is four cells larger than the picture asks: the padding of fc6.
      assert.deepEqual(
        [1, 2, 3, 4].map((level) => outputs[`scores${level}`].shape.slice(2)),
        [
          [17, 22],
          [8, 11],
          [4, 5],
          [6, 6],
        ],
      );
      const faces = suppressOverlaps(decodeS3fd(outputs));
      assert.ok(faces.length > 0);
      assert.deepEqual(
        await detectWithS3fd(network, picture),
        faces.filter((f) => f.score > 0.5),
      );
    } finally {
      await network.release();
    }
  });
});
