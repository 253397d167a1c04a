import type { Picture } from '../av/picture';
import type { StillPicture } from './preview-types';
import { LipwireError, throwIfCancelled } from '../contract';

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

/** Milliseconds that a dialog waits. */
const PATIENCE = 60_000;

/**
 * Does something that a dialog waits for.
 * @throws E_TIMEOUT when it takes a minute, E_CANCELLED
 */
export async function withPatience<T>(
  work: (signal: AbortSignal) => Promise<T>,
  cancel?: AbortSignal,
): Promise<T> {
  const late = AbortSignal.timeout(PATIENCE);
  try {
    return await work(cancel ? AbortSignal.any([late, cancel]) : late);
  } catch (error) {
    if (cancel) throwIfCancelled(cancel);
    if (!late.aborted) throw error;
    throw new LipwireError(
      'E_TIMEOUT',
      `Expected a preview within ${PATIENCE / 1000} seconds but it takes longer; the node itself may still manage.`,
      { cause: error },
    );
  }
}
