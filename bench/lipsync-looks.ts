/**
 * A contact sheet of mouth shapes, for the eye: rest, /a/, /u/, /i/, /f/, /m/, /s/, blink.
 *   node --import tsx bench/lipsync-looks.ts OUT.png PORTRAIT TRACK.json [PORTRAIT TRACK.json …] [--zoom]
 */
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { Puppet } from '../src/lipsync/puppet';
import { restPose, type Pose } from '../src/lipsync/pose';
import type { FaceTrack } from '../src/media';

const SHAPES: [name: string, pose: Partial<Pose>][] = [
  ['rest', {}],
  ['m', { active: 1, closure: 1, jaw: 0.06 }],
  ['a', { active: 1, open: 1, jaw: 0.95 }],
  ['e', { active: 1, open: 0.5, jaw: 0.4, wide: 0.7 }],
  ['i', { active: 1, open: 0.3, jaw: 0.14, wide: 1 }],
  ['o', { active: 1, open: 0.5, jaw: 0.45, round: 0.8 }],
  ['u', { active: 1, open: 0.26, jaw: 0.16, round: 1 }],
  ['f', { active: 1, open: 0.1, jaw: 0.1, tuck: 1 }],
  ['s', { active: 1, open: 0.2, jaw: 0.06, teeth: 1, wide: 0.3 }],
  ['l', { active: 1, open: 0.4, jaw: 0.3, tongue: 1 }],
  ['half blink', { blink: 0.5 }],
  ['blink', { blink: 1 }],
];

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const zoom = args.includes('--zoom');
  const [out, ...rest] = args.filter((arg) => !arg.startsWith('--')) as [string, ...string[]];
  const rows: sharp.OverlayOptions[] = [];
  const cell = zoom ? 300 : 240;
  const perRow = 6;
  let top = 0;
  for (let i = 0; i + 1 < rest.length; i += 2) {
    const { data, info } = await sharp(rest[i])
      .flatten({ background: '#fff' })
      .removeAlpha()
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    const picture = { data: new Uint8Array(data), width: info.width, height: info.height };
    const track = JSON.parse(readFileSync(rest[i + 1]!, 'utf8')) as FaceTrack;
    const { landmarks, box } = track.frames[0]!;
    const puppet = new Puppet(picture, landmarks);
    const frame = new Uint8Array(picture.data.length);
    for (const [index, [, shape]] of SHAPES.entries()) {
      puppet.render({ ...restPose(), ...shape }, frame);
      const half = zoom ? 1.9 * puppet.mouth.halfWidth : 0.62 * (box[2] - box[0]);
      const centre =
        zoom && !('blink' in shape)
          ? puppet.mouth.frame.origin
          : [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
      const side = 'blink' in shape ? 0.62 * (box[2] - box[0]) : half;
      const left = Math.max(0, Math.round(centre[0]! - side));
      const up = Math.max(0, Math.round(centre[1]! - side * (zoom && !('blink' in shape) ? 0.8 : 1)));
      const size = Math.min(Math.round(2 * side), info.width - left, info.height - up);
      const input = await sharp(frame, { raw: { width: info.width, height: info.height, channels: 3 } })
        .extract({ left, top: up, width: size, height: size })
        .resize(cell, cell, { kernel: 'cubic' })
        .png()
        .toBuffer();
      rows.push({ input, left: (index % perRow) * cell, top: top + Math.floor(index / perRow) * cell });
    }
    top += 2 * cell;
  }
  await sharp({ create: { width: perRow * cell, height: top, channels: 3, background: '#888' } })
    .composite(rows)
    .png()
    .toFile(out);
}

void main();
