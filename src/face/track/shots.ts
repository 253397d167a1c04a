/** Frames with the number of the shot that they belong to. */
import type { Picture } from '../../av/picture';
import { CutFinder } from './cuts';
import { isFlat, thumbnailOf, type Thumbnail } from './thumbnail';

export interface ShotFrame {
  picture: Picture;
  /** From 0; a cut raises it. */
  shot: number;
  /** The frame is of one colour, so that there is nothing to look for. */
  isFlat: boolean;
}

/**
 * Passes frames on, later by a few where the picture changes suddenly: what comes next tells whether
 * it is a cut. No more than these few are in memory.
 */
export async function* withShots(frames: AsyncIterable<Picture>): AsyncGenerator<ShotFrame> {
  const finder = new CutFinder();
  const waiting: { picture: Picture; thumbnail: Thumbnail }[] = [];
  let shot = 0;
  function* judged(isEnd: boolean): Generator<ShotFrame> {
    while (waiting.length > 0) {
      const thumbnails = waiting.map(({ thumbnail }) => thumbnail);
      const verdict = finder.judge(thumbnails, isEnd);
      if (!verdict) return;
      if (verdict.cut) shot++;
      for (const { picture, thumbnail } of waiting.splice(0, verdict.frames)) {
        yield { picture, shot, isFlat: isFlat(thumbnail) };
      }
    }
  }
  for await (const picture of frames) {
    waiting.push({ picture, thumbnail: thumbnailOf(picture) });
    yield* judged(false);
  }
  yield* judged(true);
}
