/**
 * A long video is encoded in sections, one FFmpeg process after the other, so that neither memory
 * nor command lines nor open files grow with the number of clips. Sections begin on key frames, and
 * the encoder looks neither back nor ahead beyond one: put together, they are to the byte what one
 * long run would have given.
 */
import type { StitchPlan } from './plan';

export interface Section {
  /** Frames of the video; `end` is not included. */
  start: number;
  end: number;
  /** Clips with a part in it; `endClip` is not included. */
  firstClip: number;
  endClip: number;
}

/** Clips that begin in a section, roughly. */
const CLIPS_PER_SECTION = 8;

/** Cuts a plan into sections, in order. @param keyFrames frames between key frames */
export function sections({ clips, frames }: StitchPlan, keyFrames: number): Section[] {
  const borders = [0];
  for (let index = CLIPS_PER_SECTION; index < clips.length; index += CLIPS_PER_SECTION) {
    const border = Math.floor((clips[index]?.startFrame ?? 0) / keyFrames) * keyFrames;
    if (border > (borders.at(-1) as number)) borders.push(border);
  }
  return borders.map((start, index) => {
    const end = borders[index + 1] ?? frames;
    const firstClip = clips.findIndex((clip) => clip.startFrame + clip.outFrames > start);
    const after = clips.findIndex((clip) => clip.startFrame >= end);
    return { start, end, firstClip, endClip: after === -1 ? clips.length : after };
  });
}
