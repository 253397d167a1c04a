import type { Picture } from '../av/picture';
import type { StillPicture } from './preview-types';

/** Longest side of what a dialog shows, in pixels: twice what it has, for dense screens. */
const LONG_SIDE = 800;
const QUALITY = 82;

/** A picture as a small JPEG. */
export async function stillOf({ data, width, height }: Picture): Promise<StillPicture> {
  // Loaded late: only the engine process may.
  const { default: sharp } = await import('sharp');
  const { data: jpeg, info } = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize({ width: LONG_SIDE, height: LONG_SIDE, fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality: QUALITY })
    .toBuffer({ resolveWithObject: true });
  return { jpeg: jpeg.toString('base64'), width: info.width, height: info.height };
}
