import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { closeFaceNetworks, openFaceNetworks } from '../../src/face/networks';
import { findFaces, type FoundFace } from '../../src/face/find';
import { FACEMESH, LIPS_OUTER, measureOpenness, measureRoll } from '../../src/contract';

const FOLDER = path.resolve(__dirname, '../../assets/avatar');
const PNG = path.join(FOLDER, 'avatar.png');
const SVG = path.join(FOLDER, 'avatar.svg');

const pixels = (file: string) =>
  sharp(file, { unlimited: true })
    .flatten({ background: '#c6ced5' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });

describe('the avatar', () => {
  describe('as a picture', () => {
    it('is square, at least 1024 pixels wide, opaque, and under 900 kB', async () => {
      const { width, height, hasAlpha, format } = await sharp(PNG).metadata();
      assert.equal(format, 'png');
      assert.equal(width, height);
      assert.ok(width >= 1024, `expected at least 1024 pixels, got ${width}`);
      assert.equal(hasAlpha, false);
      assert.ok((await stat(PNG)).size < 900_000);
    });

    it('is what its SVG renders to', async function () {
      this.timeout(60_000);
      const [committed, rendered] = await Promise.all([pixels(PNG), pixels(SVG)]);
      assert.deepEqual(
        [rendered.info.width, rendered.info.height, rendered.info.channels],
        [committed.info.width, committed.info.height, committed.info.channels],
      );
      let sum = 0;
      let far = 0;
      for (let i = 0; i < committed.data.length; i++) {
        const difference = Math.abs(committed.data[i] - rendered.data[i]);
        sum += difference;
        if (difference > 24) far++;
      }
      // Another version of the renderer may round and smooth edges differently, not redraw.
      assert.ok(sum / committed.data.length < 1.5, 'the mean difference is visible');
      assert.ok(far / committed.data.length < 0.01, 'parts of the picture differ');
    });

    it('holds no picture, text or address of its own', async () => {
      const svg = await readFile(SVG, 'utf8');
      assert.doesNotMatch(svg, /<image|<text|<foreignObject|<script|data:|href/i);
      const addresses = new Set(svg.match(/https?:\/\/[^"'\s<)]+/g));
      assert.deepEqual([...addresses], ['http://www.w3.org/2000/svg']);
    });
  });

  describe('to the face networks', () => {
    let folder: string;
    let faces: FoundFace[];
    let size: number;

    before(async function () {
      this.timeout(60_000);
      folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-avatar-'));
      const networks = await openFaceNetworks({ modelsFolder: folder });
      const { data, info } = await pixels(PNG);
      size = info.width;
      const picture = { data: new Uint8Array(data), width: info.width, height: info.height };
      ({ faces } = await findFaces(picture, networks, { minScore: 0.5 }));
    });
    after(async () => {
      await closeFaceNetworks();
      await rm(folder, { recursive: true, force: true });
    });

    const face = () => faces[0];
    const point = (index: number) => face().landmarks[index];
    const across = (from: number, to: number) => Math.abs(point(from)[0] - point(to)[0]);

    it('is one face, with a score above 0.9', () => {
      assert.equal(faces.length, 1);
      assert.ok(face().score > 0.9, `score ${face().score}`);
    });

    it('is large, and far enough from the edges for head motion', () => {
      const [x1, y1, x2, y2] = face().box;
      assert.ok(x2 - x1 > 0.3 * size);
      for (const margin of [x1, y1, size - x2, size - y2]) assert.ok(margin > 0.1 * size);
    });

    it('is upright and looks straight ahead', () => {
      assert.ok(Math.abs(measureRoll(face().landmarks)) < 2);
      const left = across(FACEMESH.noseTip, FACEMESH.leftCheek);
      const right = across(FACEMESH.noseTip, FACEMESH.rightCheek);
      assert.ok(Math.abs(left - right) / (left + right) < 0.05, `${left} and ${right} pixels`);
    });

    it('has its mouth closed', () => {
      assert.ok(measureOpenness(face().landmarks) < 0.08);
    });

    it('has its lips where the landmarks say: redder than the skin around them', async () => {
      const { data, info } = await pixels(PNG);
      const redness = (x: number, y: number) => {
        const at = (Math.round(y) * info.width + Math.round(x)) * info.channels;
        return data[at] / (data[at] + data[at + 1] + data[at + 2]);
      };
      const ring = LIPS_OUTER.map((index) => point(index));
      const centre = [0, 1].map((axis) => ring.reduce((sum, p) => sum + p[axis], 0) / ring.length);
      const mean = (scale: number) =>
        ring
          .map((p) =>
            redness(
              ...([0, 1].map((axis) => centre[axis] + (p[axis] - centre[axis]) * scale) as [
                number,
                number,
              ]),
            ),
          )
          .reduce((sum, value) => sum + value, 0) / ring.length;
      assert.ok(mean(0.75) > mean(1.35) + 0.02, `${mean(0.75)} inside, ${mean(1.35)} outside`);
    });
  });
});
