/** Puts the pictures of editor and player together, and encodes them. */
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { PLAYER, RATE } from './player.mjs';

/** Seconds that the work is shown for, and that the last picture stands. */
const WORK = 3.6;
const REST = 1.2;
/** Pixels that a picture of the result is wide. */
const WIDTH = 1040;
/** Where the player stands in the editor's window. */
const PLACE = { left: 600, top: 302 };
const BAR = 24;

/** Writes numbered PNG files. */
export async function writeFrames(folder, { editor, player }) {
  for (const name of readdirSync(folder)) rmSync(path.join(folder, name));
  const count = Math.round(WORK * RATE);
  const work = Array.from({ length: count }, (_, index) => {
    return editor[Math.round((index * (editor.length - 1)) / (count - 1))];
  });
  const last = editor.at(-1);
  const shown = [...player, ...Array(Math.round(REST * RATE)).fill(player.at(-1))];
  const frames = [
    ...work.map((picture) => () => sharp(picture)),
    ...shown.map((picture) => () => sharp(last).composite(playerWindow(picture))),
  ];
  for (const [index, frame] of frames.entries()) {
    const file = path.join(folder, `${String(index).padStart(4, '0')}.png`);
    // A composite is made after resizing, so the two are two steps.
    await sharp(await frame().png().toBuffer())
      .resize(WIDTH)
      .toFile(file);
  }
}

/** One animated WebP that repeats for ever. */
export function encode(folder, out) {
  const input = ['-framerate', String(RATE), '-i', path.join(folder, '%04d.png')];
  const webp = ['-c:v', 'libwebp_anim', '-quality', '84', '-compression_level', '6', '-loop', '0'];
  const args = ['-v', 'error', '-y', ...input, ...webp, out];
  const { status, stderr } = spawnSync('ffmpeg', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

/** The player page in a window of its own, in front of the editor. */
function playerWindow(picture) {
  const { width } = PLAYER;
  const height = PLAYER.height + BAR;
  const frame = `<svg xmlns="http://www.w3.org/2000/svg" width="${width + 24}" height="${height + 24}">
    <filter id="s"><feGaussianBlur stdDeviation="5"/></filter>
    <rect x="10" y="14" width="${width + 4}" height="${height + 4}" rx="8" fill="#000" opacity="0.45" filter="url(#s)"/>
    <rect x="10" y="10" width="${width + 4}" height="${height + 4}" rx="6" fill="#3b3d44"/>
    <circle cx="26" cy="${10 + BAR / 2 + 1}" r="4.5" fill="#e26d5f"/>
    <circle cx="42" cy="${10 + BAR / 2 + 1}" r="4.5" fill="#e8c15a"/>
    <circle cx="58" cy="${10 + BAR / 2 + 1}" r="4.5" fill="#79b86b"/>
  </svg>`;
  return [
    { input: Buffer.from(frame), ...PLACE },
    { input: picture, left: PLACE.left + 12, top: PLACE.top + 12 + BAR },
  ];
}
