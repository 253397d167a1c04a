import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
  closeFaceNetworks,
  openFaceNetworks,
  type FaceNetworkOptions,
} from '../../src/face/networks';
import { findFaces } from '../../src/face/find';
import { intersectionOverUnion } from '../../src/face/box';
import { decodeYunet, runYunet, YUNET_SIZE } from '../../src/face/yunet/detect';
import { openNetwork } from '../../src/ml/onnx/session';
import { needFixture } from '../support/fixtures';
import { readNpy } from '../support/npy';
import { pictureWith } from './faces';

const MODEL = 'models/face_detection_yunet_2023mar.onnx';

describe('YuNet', () => {
  it('decodes the golden picture to the golden boxes, scores and landmarks', async function () {
    const model = needFixture(this, MODEL);
    const input = needFixture(this, 'golden/yunet/model_input_raw.npy.gz');
    const golden = (name: string) => readNpy(needFixture(this, `golden/yunet/${name}.npy`)).data;
    const [boxes, scores, points] = [
      golden('bounding_boxes'),
      golden('face_scores'),
      golden('face_landmarks_5'),
    ];
    const network = await openNetwork(model);
    try {
      const pixels = readNpy(input).data as Float32Array;
      const faces = decodeYunet(await runYunet(network, pixels), 0.5);
      assert.equal(faces.length, scores.length);
      // The golden numbers are pixels of the source, 1024 a side, whose canvas has 640.
      const scale = 1024 / YUNET_SIZE;
      const near = (actual: number, expected: number, what: string) =>
        assert.ok(Math.abs(actual - expected) < 0.01, `${what}: ${actual}, ${expected}`);
      faces.forEach(({ box, score, keypoints }, face) => {
        assert.ok(Math.abs(score - scores[face]) < 1e-5, `score ${face}`);
        box.forEach((side, i) => near(side * scale, boxes[4 * face + i], `box ${face}`));
        keypoints.flat().forEach((value, i) => {
          near(value * scale, points[10 * face + i], `landmark ${face}`);
        });
      });
    } finally {
      await network.release();
    }
  });

  it('as the detector of the search finds drawn faces where they are', async function () {
    const model = needFixture(this, MODEL);
    const modelsFolder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-test-'));
    try {
      const yunet = { path: model, sha256: 'yunet' };
      const picture = await pictureWith(800, 600, [{ x: 420, y: 300, size: 260 }]);
      const find = async (options: Partial<FaceNetworkOptions>) => {
        const networks = await openFaceNetworks({ modelsFolder, ...options });
        return (await findFaces(picture, networks, { minScore: 0.5 })).faces;
      };
      const [found, expected] = [await find({ yunet }), await find({})];
      assert.deepEqual([found.length, expected.length], [1, 1]);
      // Both end at FaceMesh's landmarks, from different starts; the scores are their own.
      assert.ok(intersectionOverUnion(found[0].box, expected[0].box) > 0.97);
      assert.notEqual(found[0].score, expected[0].score);
    } finally {
      await closeFaceNetworks();
      await rm(modelsFolder, { recursive: true });
    }
  });
});
