import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { resolveParameters } from '../../src/contract';
import { closeFaceNetworks } from '../../src/face/networks';
import { run as detectFace } from '../../src/face/run';
import { faceDetect } from '../../src/face/stage';
import { FaceRig, restPose, type Pose } from '../../src/lipsync/builtin/face-rig';
import { loadPortrait } from '../../src/lipsync/face';
import { avatarFile } from '../../src/runtime/avatar';
import { DRAWN_MOUTH, drawnMouth, MOUTHS } from '../support/drawn-mouths';

const CLOSED: Partial<Pose> = { active: 1, closure: 1, jaw: 0.06 };
const OPEN: Record<string, Partial<Pose>> = {
  a: { active: 1, open: 1, jaw: 0.95 },
  e: { active: 1, open: 0.6, jaw: 0.45, wide: 0.5 },
  o: { active: 1, open: 0.5, jaw: 0.45, round: 0.8 },
};

/** Where the mouth moves on the avatar. */
const AREA = { left: 440, right: 640, top: 505, bottom: 690 };
const { centre } = DRAWN_MOUTH;

type Kind = 'lip' | 'tooth' | 'dark' | 'skin';

/** The drawn mouths have colours that nothing else around them has. */
function kindOf(frame: Uint8Array, width: number, x: number, y: number): Kind {
  const at = 3 * (y * width + x);
  const [r, g, b] = frame.subarray(at, at + 3);
  if (0.299 * r + 0.587 * g + 0.114 * b < 62) return 'dark';
  if (Math.min(r, g, b) > 95 && r - b < 50) return 'tooth';
  return r - g > 84 && r > 110 ? 'lip' : 'skin';
}

const overlay = (shapes: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="1080" height="1080">${shapes}</svg>`;
const OPEN_TWIN = overlay(
  '<ellipse cx="540" cy="600" rx="62" ry="70" fill="#b5504c"/>' +
    '<ellipse cx="540" cy="602" rx="46" ry="54" fill="#3a1414"/>',
);
const TEETH_TWIN = overlay(
  '<rect x="470" y="560" width="140" height="40" rx="20" fill="#f4f4f4"/>',
);

interface Column {
  /** Kinds from the upper end of the lips to their lower end. */
  within: Kind[];
  /** Openings that lips part from each other. */
  openings: number;
  /** Lowest place of the uppermost row of teeth; NaN without any. */
  teethEnd: number;
  /** Height of lip above and below the middle of the mouth. */
  lip: { above: number; below: number };
}

/** @param from where the mouth begins: hair may cover the upper lip */
function columnOf(frame: Uint8Array, width: number, x: number, from: Kind): Column {
  const kinds = Array.from({ length: AREA.bottom - AREA.top }, (_, i) =>
    kindOf(frame, width, x, AREA.top + i),
  );
  const first = kinds.indexOf(from);
  const within = first < 0 ? [] : kinds.slice(first, kinds.lastIndexOf('lip') + 1);
  const outline = within
    .map((kind) => (kind === 'lip' ? 'L' : kind === 'skin' ? '.' : 'o'))
    .join('');
  const tooth = kinds.indexOf('tooth');
  const afterTeeth = kinds.findIndex((kind, i) => i > tooth && kind !== 'tooth');
  const inside = outline.search(/o/);
  const middle = inside < 0 ? outline.length / 2 : inside;
  const lips = (part: string) => [...part].filter((letter) => letter === 'L').length;
  return {
    within,
    openings: outline.split(/L{3,}/).filter((part) => part.includes('oo')).length,
    teethEnd: tooth < 0 ? NaN : AREA.top + afterTeeth,
    lip: { above: lips(outline.slice(0, middle)), below: lips(outline.slice(middle)) },
  };
}

describe('The mouth in the picture is the mouth that speaks', function () {
  this.timeout(60_000);
  let folder: string;
  before(async () => (folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-mouths-'))));
  after(async () => {
    await closeFaceNetworks();
    await rm(folder, { recursive: true });
  });

  async function openRig(file: string) {
    const signal = new AbortController().signal;
    const settings = {
      ffmpegPath: '',
      modelsFolder: folder,
      device: 'cpu',
      acceptNonCommercial: false,
    };
    const context = { signal, folder, settings, progress: () => undefined } as const;
    const face = await detectFace(
      { kind: 'file', file },
      resolveParameters(faceDetect.parameters, []),
      context as never,
    );
    const { picture, refined = [] } = await loadPortrait(face, signal);
    const rig = new FaceRig(picture, refined);
    return {
      points: refined.map(([x, y]) => [x, y] as const),
      width: picture.width,
      rest: picture.data,
      draw(pose: Partial<Pose>): Uint8Array {
        const frame = new Uint8Array(picture.data.length);
        rig.render({ ...restPose(), ...pose }, frame);
        return frame;
      },
    };
  }

  /** The pixels of a kind in the area. */
  function count(
    frame: Uint8Array,
    width: number,
    kind: Kind,
    left = AREA.left,
    right = AREA.right,
  ) {
    let sum = 0;
    // Below the nose.
    for (let y = AREA.top + 50; y < AREA.bottom; y++) {
      for (let x = left; x < right; x++) if (kindOf(frame, width, x, y) === kind) sum++;
    }
    return sum;
  }

  const columnsOf = (frame: Uint8Array, width: number, from: Kind = 'lip') =>
    Array.from({ length: 21 }, (_, i) => columnOf(frame, width, centre - 40 + 4 * i, from));

  it('teeth and lids of the avatar, whose face is bright', async () => {
    const { draw, rest, width, points } = await openRig(avatarFile());
    const light = (frame: Uint8Array, x: number, y: number) => {
      const at = 3 * (Math.round(y) * width + Math.round(x));
      return 0.299 * frame[at] + 0.587 * frame[at + 1] + 0.114 * frame[at + 2];
    };
    const hissing = draw({ active: 1, open: 0.2, jaw: 0.06, teeth: 1, wide: 0.3 });
    const teeth: number[] = [];
    for (let y = 570; y < 605; y++) {
      for (let x = centre - 35; x < centre + 35; x++) {
        if (kindOf(hissing, width, x, y) === 'tooth') teeth.push(light(hissing, x, y));
      }
    }
    const mean = teeth.reduce((sum, value) => sum + value, 0) / teeth.length;
    const skin = Math.max(light(rest, ...points[50]), light(rest, ...points[280]));
    assert.ok(teeth.length > 400 && mean > 0.88 * skin, `teeth ${mean}, skin ${skin}`);

    // Of the dark under the lid only the lashes are left.
    const shut = draw({ blink: 1 });
    const [left, right] = [points[33], points[133]];
    const eye = right[0] - left[0];
    const middle = [(left[0] + right[0]) / 2, (points[159][1] + points[145][1]) / 2];
    let dark = 0;
    for (let y = middle[1] - 0.15 * eye; y < middle[1] + 0.35 * eye; y++) {
      for (let x = middle[0] - 0.3 * eye; x < middle[0] + 0.3 * eye; x++) {
        if (light(shut, x, y) < 80) dark++;
      }
    }
    assert.ok(dark < 0.023 * eye * eye, `${dark} dark pixels in an eye of ${eye}`);
  });

  it('a wide open one, far from any human one', async () => {
    const file = path.join(folder, 'open.png');
    await sharp(avatarFile())
      .composite([{ input: Buffer.from(OPEN_TWIN) }])
      .png()
      .toFile(file);
    const { draw, width } = await openRig(file);
    for (const [vowel, pose] of Object.entries(OPEN)) {
      const frame = draw(pose);
      for (const { openings } of columnsOf(frame, width).slice(5, -5)) {
        assert.equal(openings, 1, `openings at ${vowel}`);
      }
      assert.equal(
        count(frame, width, 'tooth'),
        0,
        `teeth that the picture does not show at ${vowel}`,
      );
    }
  });

  it('teeth that cover the upper lip', async () => {
    const file = path.join(folder, 'teeth.png');
    await sharp(avatarFile())
      .composite([{ input: Buffer.from(TEETH_TWIN) }])
      .png()
      .toFile(file);
    const { draw, rest, width } = await openRig(file);
    const shown = count(rest, width, 'tooth');
    const left = count(draw(CLOSED), width, 'tooth');
    assert.ok(left < 0.03 * shown, `${left} of ${shown} pixels of teeth are left`);
  });

  for (const [name, { above = 0, moustache, gaps }] of Object.entries(MOUTHS)) {
    it(name, async () => {
      const { draw, rest, width } = await openRig(await drawnMouth(folder, name));
      assert.ok(Buffer.from(draw({})).equals(rest));

      const closed = draw(CLOSED);
      assert.ok(
        count(closed, width, 'tooth') <= (moustache ? 12 : 4),
        `teeth: ${count(closed, width, 'tooth')}`,
      );
      const dark = count(closed, width, 'dark', centre - 50, centre + 50);
      if (!moustache) assert.ok(dark <= 210, `dark between closed lips: ${dark}`);
      for (const { openings, lip } of columnsOf(closed, width)) {
        assert.ok(openings <= 1);
        assert.ok(lip.below + lip.above >= (moustache ? 8 : 20), `lips of ${JSON.stringify(lip)}`);
      }

      const ends: number[][] = [];
      for (const [vowel, pose] of Object.entries(OPEN)) {
        const frame = draw(pose);
        const columns = columnsOf(frame, width, moustache ? 'tooth' : 'lip');
        for (const { openings, lip } of columns) {
          assert.equal(openings, 1, `openings at ${vowel}`);
          assert.ok(lip.below >= 6, `lower lip of ${lip.below} at ${vowel}`);
          if (!moustache) assert.ok(lip.above >= 4, `upper lip of ${lip.above} at ${vowel}`);
        }
        // All teeth lie between the lips.
        const inside = columns.reduce(
          (sum, { within }) => sum + within.filter((kind) => kind === 'tooth').length,
          0,
        );
        const all = columns.reduce(
          (sum, _, i) =>
            sum + count(frame, width, 'tooth', centre - 40 + 4 * i, centre - 39 + 4 * i),
          0,
        );
        if (!moustache) assert.ok(all - inside <= 2, `teeth beside the lips at ${vowel}`);
        ends.push(columns.map(({ teethEnd }) => teethEnd));
      }
      // Upper teeth go with the skull.
      if (above > 0 && !gaps) {
        const [a, e] = ends;
        const apart = a.map((end, i) => Math.abs(end - e[i])).filter((value) => value >= 0);
        assert.ok(apart.length > 15, 'teeth are seen');
        assert.ok(Math.max(...apart) <= 3, `teeth move by ${Math.max(...apart)}`);
      }
    });
  }
});
