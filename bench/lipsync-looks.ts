/**
 * A contact sheet of mouth shapes and a blink, for a critical eye.
 *   node --import tsx bench/lipsync-looks.ts OUT PORTRAIT [PORTRAIT …] [--mouth | --eyes] [--only a,u]
 * OUT ends in .png or .jpg. --mouth and --eyes show these parts enlarged.
 */
import sharp from 'sharp';
import { FaceRig, restPose, type Pose } from '../src/lipsync/builtin/face-rig';
import { portraitOf } from './lipsync-support';

const SHAPES: [name: string, pose: Partial<Pose>][] = [
  ['rest', {}],
  ['m', { active: 1, closure: 1, jaw: 0.06 }],
  ['a', { active: 1, open: 1, jaw: 0.95 }],
  ['e', { active: 1, open: 0.5, jaw: 0.4, wide: 0.7 }],
  ['i', { active: 1, open: 0.3, jaw: 0.14, wide: 1 }],
  ['o', { active: 1, open: 0.5, jaw: 0.45, round: 0.8 }],
  ['u', { active: 1, open: 0.26, jaw: 0.16, round: 1 }],
  ['f', { active: 1, open: 0.02, jaw: 0.1, tuck: 1 }],
  ['s', { active: 1, open: 0.2, jaw: 0.06, teeth: 1, wide: 0.3 }],
  ['l', { active: 1, open: 0.4, jaw: 0.3, tongue: 1 }],
];
const BLINKS: typeof SHAPES = [
  ['half a blink', { blink: 0.5 }],
  ['blink', { blink: 1 }],
];
const CELL = 300;
const COLUMNS = 6;

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const onlyAt = args.indexOf('--only');
  const only = onlyAt >= 0 ? args.splice(onlyAt, 2)[1].split(',') : undefined;
  const part = args.includes('--mouth') ? 'mouth' : args.includes('--eyes') ? 'eyes' : 'face';
  const [out, ...files] = args.filter((arg) => !arg.startsWith('--')) as [string, ...string[]];
  const all =
    part === 'mouth' ? SHAPES : part === 'eyes' ? [SHAPES[0], ...BLINKS] : [...SHAPES, ...BLINKS];
  const shapes = all.filter(([name]) => !only || only.includes(name));
  const columns = Math.min(COLUMNS, shapes.length);
  const rows = Math.ceil(shapes.length / columns);
  const tiles: sharp.OverlayOptions[] = [];
  for (const [row, file] of files.entries()) {
    const { picture, landmarks } = await portraitOf(file);
    const puppet = new FaceRig(picture, landmarks);
    const frame = new Uint8Array(picture.data.length);
    const xs = landmarks.map(([x]) => x);
    const ys = landmarks.map(([, y]) => y);
    const face = {
      x: (Math.min(...xs) + Math.max(...xs)) / 2,
      y: (Math.min(...ys) + Math.max(...ys)) / 2,
      half: 0.56 * (Math.max(...ys) - Math.min(...ys)),
    };
    const [mx, my] = puppet.mouth.frame.origin;
    const eyes = {
      x: (landmarks[33][0] + landmarks[263][0]) / 2,
      y: (landmarks[33][1] + landmarks[263][1]) / 2,
      half: 0.75 * (landmarks[263][0] - landmarks[33][0]),
    };
    const view =
      part === 'face'
        ? face
        : part === 'eyes'
          ? eyes
          : { x: mx, y: my + 0.3 * puppet.mouth.halfWidth, half: 1.9 * puppet.mouth.halfWidth };
    for (const [index, [, shape]] of shapes.entries()) {
      puppet.render({ ...restPose(), ...shape }, frame);
      const left = Math.max(0, Math.round(view.x - view.half));
      const top = Math.max(0, Math.round(view.y - view.half));
      const size = Math.min(Math.round(2 * view.half), picture.width - left, picture.height - top);
      const input = await sharp(frame, {
        raw: { width: picture.width, height: picture.height, channels: 3 },
      })
        .extract({ left, top, width: size, height: size })
        .resize(CELL, CELL, { kernel: 'cubic' })
        .png()
        .toBuffer();
      const at = row * rows + Math.floor(index / columns);
      tiles.push({ input, left: (index % columns) * CELL, top: at * CELL });
    }
  }
  const sheet = sharp({
    create: {
      width: columns * CELL,
      height: files.length * rows * CELL,
      channels: 3,
      background: '#888',
    },
  }).composite(tiles);
  await (out.endsWith('.png') ? sheet.png() : sheet.jpeg({ quality: 84, mozjpeg: true })).toFile(
    out,
  );
}

void main();
