import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { readPicture, type Picture } from '../../src/av/picture';
import { LipwireError } from '../../src/contract';
import { findFaces, lookCloser, widestOf, type FoundFace } from '../../src/face/find';
import { refusalOf } from '../../src/face/image';
import { closeFaceNetworks, openFaceNetworks, type FaceNetworks } from '../../src/face/networks';
import { judgeFace, type FaceMeasures } from '../../src/face/plausibility';
import { Pyramid } from '../../src/face/view';
import { avatarFile } from '../../src/runtime/avatar';
import { needFixture } from '../support/fixtures';
import { portraitSvg } from '../support/portrait';

const SIDE = 1080;

/** Over the nose, cheeks and chin of the avatar. */
const MASK =
  'M 370,500 C 450,480 500,470 540,480 C 580,470 630,480 710,500 C 700,620 620,710 540,715 C 460,710 380,620 370,500 Z';
const knitted = Array.from(
  { length: 14 },
  (_, row) =>
    `<path d="M 360,${500 + 16 * row} ${'l 12,9 l 12,-9 '.repeat(15)}" stroke="#5c1620" stroke-width="5" fill="none"/>`,
).join('');
/** A finger over the mouth, at a distance from its middle. */
const finger = (y: number) => `<g transform="translate(540 592) rotate(80)">
  <rect x="-105" y="${y - 23}" width="320" height="45" rx="22" fill="#dda587"/>
  <rect x="-105" y="${y + 14}" width="320" height="11" rx="5" fill="#a8694c" opacity="0.5"/>
  <ellipse cx="-81" cy="${y - 3}" rx="12" ry="10" fill="#efc4ad"/></g>`;

/** What is drawn over the avatar's mouth, and what comes of it. */
const COVERS: Record<string, string> = {
  'a blue mask': `<path d="${MASK}" fill="#9fc7dd"/>`,
  'a white mask with folds': `<path d="${MASK}" fill="#f2f2f0"/>
    <path d="M 390,560 Q 540,580 690,560 M 400,610 Q 540,630 680,610" stroke="#d8d8d8" stroke-width="5" fill="none"/>`,
  'a black mask': `<path d="${MASK}" fill="#1c1c20"/>`,
  'a knitted scarf': `<path d="${MASK}" fill="#8b2635"/>${knitted}`,
  'a microphone': `<rect x="520" y="590" width="44" height="490" fill="#222"/>
    <circle cx="540" cy="600" r="95" fill="#3a3a3a"/><circle cx="510" cy="565" r="30" fill="#666"/>`,
  'a strip of tape': `<rect x="410" y="552" width="260" height="80" fill="#a9a9a9" transform="rotate(4 540 592)"/>`,
  'a mug': `<rect x="420" y="540" width="240" height="260" rx="14" fill="#e8e2d5"/>
    <ellipse cx="540" cy="540" rx="120" ry="18" fill="#cfc7b5"/>`,
  'a bar': '<rect x="410" y="545" width="260" height="100"/>',
};
const DOUBTS: Record<string, string> = {
  'a hand': [-68, -20, 28, 76].map(finger).join(''),
  'nothing but skin': '<ellipse cx="540" cy="592" rx="110" ry="65" fill="#dfa88a"/>',
};
const MOUTHS: Record<string, string> = {
  'a mouth that stands open': `<ellipse cx="540" cy="600" rx="62" ry="70" fill="#b5504c"/>
    <ellipse cx="540" cy="602" rx="46" ry="54" fill="#3a1414"/>`,
  'red lips': '<ellipse cx="540" cy="594" rx="66" ry="24" fill="#8c0f2a" opacity="0.45"/>',
  'a beard around it': `<path d="M 400,560 Q 450,540 472,580 Q 540,560 608,580 Q 630,540 680,560 Q 670,700 540,715 Q 410,700 400,560 Z
    M 470,582 Q 500,625 540,625 Q 580,625 610,582 Q 575,566 540,570 Q 505,566 470,582 Z" fill="#2a1c12" fill-rule="evenodd" opacity="0.9"/>`,
};
const LIGHTS: Record<string, (picture: Sharp) => Sharp> = {
  'dark skin': (picture) => picture.linear([0.45, 0.36, 0.32], [0, 0, 0]),
  'a grey photo': (picture) => picture.modulate({ saturation: 0 }),
  'a blurred photo': (picture) => picture.blur(5),
  fog: (picture) => picture.linear(0.55, 95),
};

describe('what was found', () => {
  let modelsFolder: string;
  let networks: FaceNetworks;
  let avatar: FoundFace;
  before(async () => {
    modelsFolder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-test-'));
    networks = await openFaceNetworks({ modelsFolder });
    avatar = await widest(await readPicture(avatarFile()));
  });
  after(async () => {
    await closeFaceNetworks();
    await rm(modelsFolder, { recursive: true });
  });

  async function widest(picture: Picture): Promise<FoundFace> {
    const face = widestOf((await findFaces(picture, networks, { minScore: 0.5 })).faces);
    assert.ok(face);
    return face;
  }

  const judge = async (picture: Picture, face: FoundFace) => {
    const closer = await lookCloser(new Pyramid(picture), networks, face);
    const { width, height } = picture;
    const refusal = refusalOf('portraits/me.png', { width, height }, { ...face, ...closer });
    return { ...judgeFace(closer.measures, face.score), refusal };
  };

  /** The avatar with something drawn over it, or in other light. */
  async function changed(cover: string, light = (picture: Sharp) => picture): Promise<Picture> {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${SIDE}" height="${SIDE}">${cover}</svg>`;
    const covered = await sharp(avatarFile())
      .composite([{ input: Buffer.from(svg) }])
      .removeAlpha()
      .png()
      .toBuffer();
    const { data, info } = await light(sharp(covered))
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    assert.equal(info.channels, 3);
    return { data, width: info.width, height: info.height };
  }

  for (const [what, cover] of Object.entries(COVERS)) {
    it(`with ${what} over the mouth is refused in a sentence`, async () => {
      const { refused, isMouthDoubtful, refusal } = await judge(await changed(cover), avatar);
      assert.deepEqual([refused, isMouthDoubtful], ['covered', true]);
      assert.ok(refusal instanceof LipwireError && refusal.code === 'E_NO_FACE');
      assert.match(
        refusal.message,
        /^Expected a face with a mouth that can be seen in me\.png .*covers the mouth.*another picture.*box\.$/,
      );
    });
  }

  for (const [what, cover] of Object.entries(DOUBTS)) {
    it(`with ${what} where the mouth should be is doubtful, not refused`, async () => {
      const { refused, isMouthDoubtful } = await judge(await changed(cover), avatar);
      assert.deepEqual([refused, isMouthDoubtful], [undefined, true]);
    });
  }

  for (const [what, cover] of [['the mouth alone', ''], ...Object.entries(MOUTHS)]) {
    it(`with ${what} is good, in any light`, async () => {
      const lights = cover === '' ? Object.values(LIGHTS) : [LIGHTS['dark skin']];
      for (const light of [undefined, ...lights]) {
        const verdict = await judge(await changed(cover, light), avatar);
        assert.deepEqual(verdict, {
          isMouthDoubtful: false,
          isFaceDoubtful: false,
          refusal: undefined,
        });
      }
    });
  }

  it('with teeth that are drawn without lips is not refused', async () => {
    const teeth = '<rect x="470" y="560" width="140" height="40" rx="20" fill="#f4f4f4"/>';
    assert.equal((await judge(await changed(teeth), avatar)).refusal, undefined);
  });

  it('is good where it is a drawing', async () => {
    const svg = sharp(Buffer.from(portraitSvg()), { density: 144 });
    const { data, info } = await svg.removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const picture = { data, width: info.width, height: info.height };
    const verdict = await judge(picture, await widest(picture));
    assert.deepEqual([verdict.refusal, verdict.isMouthDoubtful], [undefined, false]);
  });

  for (const name of ['astronaut', 'monalisa', 'painted-woman', 'avatar-woman']) {
    it(`is good where it is the fixture portraits/${name}.png, also with dark skin`, async function () {
      const picture = await readPicture(needFixture(this, `portraits/${name}.png`));
      const face = await widest(picture);
      const { width, height, data } = picture;
      const raw = sharp(data, { raw: { width, height, channels: 3 } });
      const dark = await LIGHTS['dark skin'](raw).raw().toBuffer();
      for (const pixels of [data, dark]) {
        const verdict = await judge({ width, height, data: pixels }, face);
        assert.deepEqual(verdict, {
          isMouthDoubtful: false,
          isFaceDoubtful: false,
          refusal: undefined,
        });
      }
    });
  }

  describe('is judged by its measures', () => {
    const person: FaceMeasures = {
      lips: 0.006,
      eyes: 0.006,
      outerEdge: 9,
      innerEdge: 7,
      contrast: 1.5,
      line: 0.8,
      surface: 20,
      disagreement: 0.04,
      presence: 1,
    };
    const cases: [what: string, change: Partial<FaceMeasures>, score: number, verdict: string][] = [
      ['a person', {}, 0.95, ''],
      ['a drawn child, whose eyes scatter', { eyes: 0.08 }, 0.84, ''],
      ['a bear, whose eyes scatter, with a low score', { eyes: 0.073 }, 0.77, 'doubtful'],
      ['an owl, of which FaceMesh is not sure', { presence: 0.92 }, 0.7, 'doubtful'],
      ['a cow, the points of which disagree', { disagreement: 0.162 }, 0.64, 'doubtful'],
      ['a wolf, in which FaceMesh sees no face', { presence: 0.04 }, 0.54, 'implausible'],
      ['a polar bear with its eyes elsewhere', { disagreement: 0.233 }, 0.7, 'implausible'],
      ['a penguin, both a little', { presence: 0.82, disagreement: 0.133 }, 0.71, 'implausible'],
    ];
    for (const [what, change, score, expected] of cases) {
      it(what, () => {
        const { refused, isFaceDoubtful } = judgeFace({ ...person, ...change }, score);
        assert.equal(refused ?? (isFaceDoubtful ? 'doubtful' : ''), expected);
      });
    }

    it('and an implausible one is refused in a sentence of its own', () => {
      const measures = { ...person, presence: 0.04 };
      const face = { ...avatar, score: 0.6, measures };
      const refusal = refusalOf('zoo/wolf.jpg', { width: 4, height: 3 }, face);
      assert.match(
        String(refusal?.message),
        /^Expected a human face in wolf\.jpg \(4×3\) but eyes and mouth .* box\.$/,
      );
    });
  });
});
