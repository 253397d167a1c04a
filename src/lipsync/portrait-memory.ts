/**
 * The last few portraits, decoded: the sentences of a text have one face, and a photo of 12
 * megapixels takes as long to read as a sentence to render.
 */
import { stat } from 'node:fs/promises';
import type { Picture } from '../av/picture';

/** A picture of a portrait in the size that is rendered. */
export interface RenderedPicture {
  picture: Picture;
  /** Of the picture to the file's. */
  scale: number;
  /** Of the file's picture, in pixels. */
  width: number;
  height: number;
}

/** Each is at most 1080p: 6 MiB. */
const KEPT = 4;

const remembered = new Map<string, RenderedPicture>();

/** What `read` gave for this very file, or gives now. Pictures are shared: nobody writes into them. */
export async function rememberPicture(
  file: string,
  read: () => Promise<RenderedPicture>,
): Promise<RenderedPicture> {
  const state = await stat(file, { bigint: true }).catch(() => undefined);
  if (!state) return read(); // which says what is wrong
  const key = [file, state.ino, state.size, state.mtimeNs, state.ctimeNs].join('|');
  // What fails or is cancelled is not kept: the next one tries again.
  const rendered = remembered.get(key) ?? (await read());
  remembered.delete(key);
  remembered.set(key, rendered);
  for (const oldest of [...remembered.keys()].slice(0, -KEPT)) remembered.delete(oldest);
  return rendered;
}
