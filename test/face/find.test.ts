import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { closeFaceNetworks, openFaceNetworks, type FaceNetworks } from '../../src/face/networks';
import { BLAZEFACE_LEAST_SHARE, detectWithBlazeface } from '../../src/face/blazeface/detect';
import {
  findFaces,
  type FoundFace,
  landmarksOfFrame,
  withFineLandmarks,
} from '../../src/face/find';
import { viewOfLandmarks } from '../../src/face/facemesh';
import { readPicture, type Picture } from '../../src/av/picture';
import { FACEMESH, LipwireError, measureOpenness } from '../../src/contract';
import { storedNetwork } from '../../src/ml/tfjs/convert';
import { openNetwork } from '../../src/ml/onnx/session';
import { needFixture } from '../support/fixtures';
import { noise } from '../support/noise';
import { portraitSvg } from '../support/portrait';
import { pictureWith, placeOf, type Placed } from './faces';

const AVATAR = path.resolve(__dirname, '../../assets/avatar/avatar.png');

/** Where the drawing has some points, in its units. */
const DRAWN: [number, readonly [number, number]][] = [
  [FACEMESH.leftEyeOuter, [131, 199]],
  [FACEMESH.rightEyeOuter, [269, 199]],
  [FACEMESH.mouthLeft, [160, 281]],
  [FACEMESH.mouthRight, [240, 281]],
  [FACEMESH.noseBase, [200, 257]],
];

describe('finding faces', () => {
  let modelsFolder: string;
  let networks: FaceNetworks;
  before(async () => {
    modelsFolder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-test-'));
    networks = await openFaceNetworks({ modelsFolder });
  });
  after(async () => {
    await closeFaceNetworks();
    await rm(modelsFolder, { recursive: true });
  });

  const find = async (picture: Picture, minScore = 0.5): Promise<FoundFace[]> =>
    (await findFaces(picture, networks, { minScore })).faces;

  /** One face, where it was drawn: its landmarks lie within 6 % of its height. */
  function assertFace(face: FoundFace | undefined, placed: Placed, leastScore = 0.6): void {
    assert.ok(face, 'no face was found');
    assert.ok(face.score >= leastScore && face.score <= 1, `score ${face.score}`);
    for (const [index, point] of DRAWN) {
      const [x, y] = face.landmarks[index];
      const [wantedX, wantedY] = placeOf(placed, point);
      const distance = Math.hypot(x - wantedX, y - wantedY) / placed.size;
      assert.ok(distance < 0.06, `point ${index} is ${(100 * distance).toFixed(1)} % off`);
    }
    assert.ok(Math.abs(face.roll - (placed.roll ?? 0)) < 4, `roll ${face.roll}`);
  }

  for (const size of [40, 60, 120, 300, 700]) {
    it(`a face of ${size} pixels in a picture of 1200 × 900`, async () => {
      const placed = { x: 700, y: 430, size };
      const faces = await find(await pictureWith(1200, 900, [placed]));
      assert.equal(faces.length, 1);
      assertFace(faces[0], placed);
    });
  }

  for (const roll of [-45, -30, -15, 15, 30, 45]) {
    it(`a face that is rolled by ${roll}°`, async () => {
      for (const size of [45, 240]) {
        const placed = { x: 330, y: 300, size, roll };
        const faces = await find(await pictureWith(640, 600, [placed]));
        assert.equal(faces.length, 1);
        assertFace(faces[0], placed);
      }
    });
  }

  it('a face that fills the frame to its border', async () => {
    const placed = { x: 120, y: 128, size: 250 };
    const faces = await find(await pictureWith(240, 256, [placed]));
    assert.equal(faces.length, 1);
    assertFace(faces[0], placed);
  });

  it('several faces come from left to right, also of different sizes', async () => {
    const placed = [
      { x: 1180, y: 500, size: 110 },
      { x: 300, y: 380, size: 280 },
      { x: 820, y: 300, size: 160, roll: 20 },
    ];
    const faces = await find(await pictureWith(1400, 800, placed));
    assert.equal(faces.length, 3);
    [1, 2, 0].forEach((index, position) => assertFace(faces[position], placed[index]));
  });

  it('a face in a photo of 40 megapixels', async () => {
    const placed = { x: 5900, y: 1400, size: 640 };
    const faces = await find(await pictureWith(7746, 5164, [placed]));
    assert.equal(faces.length, 1);
    assertFace(faces[0], placed);
  });

  it('no face in noise, in a plain and in a tiny picture, and says what was tried', async () => {
    const data = Uint8Array.from(noise(500 * 400 * 3, 0, 256));
    for (const picture of [
      { width: 500, height: 400, data },
      { width: 600, height: 500, data: new Uint8Array(600 * 500 * 3).fill(120) },
      { width: 1, height: 1, data: new Uint8Array(3) },
    ]) {
      const { faces, tried } = await findFaces(picture, networks, { minScore: 0.5 });
      assert.equal(faces.length, 0);
      assert.deepEqual(tried.rolls, [0, -45, 45]);
      assert.ok(tried.views >= 3);
      assert.ok(tried.bestScore < 0.5);
    }
  });

  it('progress never falls and never exceeds a total that stays the same', async () => {
    const seen: [number, number][] = [];
    const picture = await pictureWith(1000, 700, []);
    await findFaces(picture, networks, {
      minScore: 0.5,
      onProgress: (done, total) => seen.push([done, total]),
    });
    assert.ok(seen.length > 3);
    seen.forEach(([done, total], index) => {
      assert.equal(done, index + 1);
      assert.equal(total, seen[0]?.[1]);
      assert.ok(done <= total);
    });
  });

  it('a cancelled search stops with E_CANCELLED', async () => {
    const controller = new AbortController();
    const picture = await pictureWith(3000, 2000, []);
    let views = 0;
    const search = findFaces(picture, networks, {
      minScore: 0.5,
      signal: controller.signal,
      onProgress: () => {
        if (++views === 2) controller.abort();
      },
    });
    await assert.rejects(
      search,
      (error: unknown) => error instanceof LipwireError && error.code === 'E_CANCELLED',
    );
    assert.equal(views, 2);
  });

  it('the same picture gives the same numbers, on one thread or on four', async () => {
    const picture = await pictureWith(600, 500, [{ x: 300, y: 250, size: 200, roll: 10 }]);
    const open = async (name: string) => {
      const { bytes } = await storedNetwork(name, { modelsFolder });
      return openNetwork(bytes, { threads: 4 });
    };
    const [blazeface, mesh] = [await open('blazeface'), await open('facemesh')];
    const attention = await open('attention-mesh');
    const four: FaceNetworks = {
      detect: (...view) => detectWithBlazeface(blazeface, ...view),
      leastShare: BLAZEFACE_LEAST_SHARE,
      mesh,
      attention,
    };
    const [one, again, other] = [
      await findFaces(picture, networks, { minScore: 0.5 }),
      await findFaces(picture, networks, { minScore: 0.5 }),
      await findFaces(picture, four, { minScore: 0.5 }),
    ];
    assert.deepEqual(again, one);
    assert.deepEqual(other, one);
    await blazeface.release();
    await mesh.release();
    await attention.release();
  });

  describe('in a sequence', () => {
    const frame = async (openness: number): Promise<Picture> => {
      const drawing = sharp(Buffer.from(portraitSvg({ openness })))
        .removeAlpha()
        .raw();
      const { data, info } = await drawing.toBuffer({ resolveWithObject: true });
      return { width: info.width, height: info.height, data };
    };

    it('the mouth that opens in the picture opens in the landmarks', async () => {
      let previous: FoundFace | undefined;
      const measured: number[] = [];
      for (const openness of [0, 0.4, 0.8]) {
        previous = await landmarksOfFrame(await frame(openness), networks, previous);
        assert.ok(previous);
        measured.push(measureOpenness(previous.landmarks));
      }
      const [closed, half, open] = measured as [number, number, number];
      assert.ok(closed < 0.1, `closed: ${closed}`);
      assert.ok(half > closed + 0.04 && open > half + 0.05, measured.join(', '));
    });

    it('without a face there are no landmarks, with or without a frame before', async () => {
      const face = await landmarksOfFrame(await frame(0), networks);
      const empty = await pictureWith(400, 400, []);
      assert.equal(await landmarksOfFrame(empty, networks), undefined);
      assert.equal(await landmarksOfFrame(empty, networks, face), undefined);
    });
  });

  it('the avatar of the project, with a score above 0.9', async () => {
    const faces = await find(await readPicture(AVATAR));
    assert.equal(faces.length, 1);
    assert.ok(faces[0].score > 0.9, `score ${faces[0]?.score}`);
  });

  it('the avatar lying on its side or standing on its head, the right way up', async () => {
    for (const [turn, roll] of [
      [90, 90],
      [180, 180],
      [270, -90],
    ] as const) {
      const turned = sharp(AVATAR).removeAlpha().rotate(turn).raw();
      const { data, info } = await turned.toBuffer({ resolveWithObject: true });
      const faces = await find({ width: info.width, height: info.height, data });
      assert.equal(faces.length, 1);
      const off = Math.abs(faces[0].roll - roll) % 360;
      assert.ok(Math.min(off, 360 - off) < 4, `${turn}°: roll ${faces[0]?.roll}`);
    }
  });

  // Corners of mouth and eyes as a person reads them off the pictures, and the face's height.
  const PORTRAITS = {
    'astronaut.png': {
      eyes: [
        [193, 101],
        [259, 104],
      ],
      mouth: [
        [204, 141],
        [249, 141],
      ],
      height: 110,
    },
    'monalisa.png': {
      eyes: [
        [114, 104],
        [160, 105],
      ],
      mouth: [
        [123, 138],
        [148, 136],
      ],
      height: 86,
    },
    'painted-woman.png': {
      eyes: [
        [179, 217],
        [315, 205],
      ],
      mouth: [
        [224, 301],
        [289, 294],
      ],
      height: 227,
    },
    'avatar-woman.png': {
      eyes: [
        [272, 387],
        [555, 342],
      ],
      mouth: [
        [378, 558],
        [496, 541],
      ],
      height: 448,
    },
  } as const;
  for (const [name, expected] of Object.entries(PORTRAITS)) {
    it(`the fixture portraits/${name}: eyes and mouth within 5 % of the face`, async function () {
      const picture = await readPicture(needFixture(this, `portraits/${name}`));
      const faces = await find(picture);
      assert.equal(faces.length, 1);
      const face = await withFineLandmarks(picture, networks, faces[0]);
      assert.ok(face.score > 0.85, `score ${face.score}`);
      const points = [
        [FACEMESH.leftEyeOuter, expected.eyes[0]],
        [FACEMESH.rightEyeOuter, expected.eyes[1]],
        [FACEMESH.mouthLeft, expected.mouth[0]],
        [FACEMESH.mouthRight, expected.mouth[1]],
      ] as const;
      for (const [index, [wantedX, wantedY]] of points) {
        const [x, y] = face.landmarks[index];
        const distance = Math.hypot(x - wantedX, y - wantedY) / expected.height;
        assert.ok(distance < 0.05, `${index}: ${x.toFixed(1)}, ${y.toFixed(1)}`);
      }
    });
  }

  /**
   * Corners and middles of both edges of the lips, middles of the eyelids, and pupils, as MediaPipe
   * 0.10.14 gives them with `refine_landmarks` from one crop of its own.
   */
  const REFINED_INDICES = [61, 0, 291, 17, 78, 13, 308, 14, 159, 145, 386, 374, 468, 473];
  const REFINED: Record<string, [number, number][]> = {
    'astronaut.png': [
      [201.8, 139.2],
      [223.6, 140.5],
      [245.0, 141.0],
      [222.7, 154.6],
      [203.3, 139.9],
      [223.5, 143.2],
      [243.4, 141.5],
      [223.0, 150.1],
      [202.8, 97.6],
      [203.4, 104.3],
      [248.3, 99.7],
      [246.6, 106.7],
      [203.5, 101.1],
      [246.6, 103.5],
    ],
    'monalisa.png': [
      [123.6, 138.4],
      [132.3, 138.2],
      [146.6, 137.9],
      [133.4, 143.6],
      [124.5, 138.6],
      [133.0, 140.2],
      [145.6, 138.2],
      [133.1, 140.1],
      [119.1, 101.7],
      [119.9, 105.9],
      [150.3, 100.7],
      [148.8, 106.4],
      [121.0, 103.9],
      [150.9, 103.1],
    ],
    'painted-woman.png': [
      [225.0, 302.6],
      [254.5, 290.2],
      [286.5, 296.1],
      [256.8, 313.8],
      [227.7, 302.4],
      [255.6, 300.8],
      [283.8, 296.6],
      [255.5, 300.9],
      [197.4, 207.1],
      [201.5, 221.3],
      [291.5, 197.3],
      [289.7, 211.9],
      [200.6, 212.8],
      [291.3, 203.6],
    ],
    'avatar-woman.png': [
      [381.9, 558.0],
      [426.5, 526.4],
      [491.1, 542.1],
      [437.1, 578.0],
      [387.4, 556.7],
      [431.4, 546.2],
      [485.2, 542.6],
      [432.2, 550.4],
      [314.4, 365.1],
      [321.6, 390.2],
      [506.7, 340.1],
      [505.7, 364.4],
      [321.6, 376.1],
      [503.4, 350.6],
    ],
  };
  for (const [name, expected] of Object.entries(REFINED)) {
    it(`the fixture portraits/${name}: lips, eyelids and pupils where MediaPipe has them`, async function () {
      const picture = await readPicture(needFixture(this, `portraits/${name}`));
      const [found] = await find(picture);
      const { attention } = await withFineLandmarks(picture, networks, found);
      const { refined = [] } = attention ?? {};
      assert.equal(refined.length, 478);
      // In pixels of the network's input. One crop differs from the next by half of one.
      const unit = viewOfLandmarks(refined).size / 192;
      const off = REFINED_INDICES.map((index, i) => {
        const [[x, y], [wantedX, wantedY]] = [refined[index], expected[i]];
        return Math.hypot(x - wantedX, y - wantedY) / unit;
      });
      const mean = off.reduce((sum, distance) => sum + distance, 0) / off.length;
      assert.ok(mean < 0.7, `${mean} pixels`);
      assert.ok(Math.max(...off) < 1.8, off.map((distance) => distance.toFixed(2)).join(' '));
    });
  }
});
