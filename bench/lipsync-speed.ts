/**
 * What a frame costs in the renderer alone, without FFmpeg: the same portrait at several sizes.
 *   node --import tsx bench/lipsync-speed.ts PORTRAIT
 */
import sharp from 'sharp';
import { FaceRig, restPose } from '../src/lipsync/builtin/face-rig';
import { crop, shift } from '../src/lipsync/picture';
import { portraitOf } from './lipsync-support';

const FRAMES = 300;

async function main(): Promise<void> {
  const { picture, landmarks } = await portraitOf(process.argv[2]);
  for (const height of [360, 720, 1080]) {
    const scale = height / picture.height;
    const width = Math.round((picture.width * scale) / 2) * 2;
    const data = await sharp(picture.data, {
      raw: { width: picture.width, height: picture.height, channels: 3 },
    })
      .resize(width, height, { fit: 'fill' })
      .raw()
      .toBuffer();
    const points = landmarks.map(([x, y]) => [x * scale, y * scale] as const);
    const region = new FaceRig({ data, width, height }, points).movedRegion();
    const began = performance.now();
    const puppet = new FaceRig(crop({ data, width, height }, region), shift(points, region));
    const prepared = performance.now() - began;
    const frame = new Uint8Array(region.width * region.height * 3);
    const before = process.cpuUsage();
    for (let i = 0; i < FRAMES; i++) {
      const open = 0.5 + 0.5 * Math.sin(i / 3);
      puppet.render({ ...restPose(), active: 1, open, jaw: open, round: 0.5 - open / 2 }, frame);
    }
    const { user, system } = process.cpuUsage(before);
    const line = {
      picture: `${width}×${height}`,
      region: `${region.width}×${region.height}`,
      prepareMilliseconds: Number(prepared.toFixed(1)),
      millisecondsAFrame: Number(((user + system) / 1000 / FRAMES).toFixed(2)),
    };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }
}

void main();
