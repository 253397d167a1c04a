/** What the benchmarks of the whole pipeline render. */
import path from 'node:path';
import sharp from 'sharp';

/** About ten seconds with the default voice. Every sentence has its number: none is in the cache. */
const paragraph = (number) =>
  `Number ${number}. Good morning, and welcome to house ${number}. The weather today is mild, with a ` +
  `light wind from the west, force ${number}. Train ${number} leaves on time.`;

/** The avatar on a 1280×720 picture. */
export async function portrait720(avatarFile, folder) {
  const file = path.join(folder, 'portrait.png');
  const avatar = await sharp(avatarFile).resize(720, 720).toBuffer();
  await sharp(avatar).extend({ left: 280, right: 280, extendWith: 'copy' }).png().toFile(file);
  return file;
}

/** A text of about so many seconds, with numbers from `first` on. */
export function textOf(seconds, first = 1) {
  const count = Math.max(1, Math.round(seconds / 10));
  return Array.from({ length: count }, (_, index) => paragraph(first + index)).join('\n\n');
}
