import type { Ffmpeg } from '../av/ffmpeg/types';
import {
  frameRate,
  inputError,
  throwIfCancelled,
  type ClipPayload,
  type StageContext,
} from '../contract';
import { checkBackdrop, checkMaster } from '../av/backdrop';
import type { SourceClip } from './plan';

/** Foreign clips that are probed at once. */
const PROBES_AT_ONCE = 4;

/** What the plan needs to know of the clips. Only files that are not Lipwire's own are looked into. */
export async function describeClips(
  clips: readonly ClipPayload[],
  ffmpeg: Ffmpeg,
  { signal }: StageContext,
): Promise<SourceClip[]> {
  const described: SourceClip[] = [];
  for (let first = 0; first < clips.length; first += PROBES_AT_ONCE) {
    throwIfCancelled(signal);
    const some = clips.slice(first, first + PROBES_AT_ONCE);
    described.push(
      ...(await Promise.all(
        some.map((clip, index) => describeClip(clip, first + index, ffmpeg, signal)),
      )),
    );
  }
  return described;
}

async function describeClip(
  clip: ClipPayload,
  index: number,
  ffmpeg: Ffmpeg,
  signal: AbortSignal,
): Promise<SourceClip> {
  const { width, height, frames } = clip;
  const facts = { width, height, frames, rate: frameRate(clip.fps) };
  if (clip.master) {
    const { master: file, backdrop } = clip;
    const subject = `clip ${index + 1}`;
    if (backdrop) await checkBackdrop(backdrop, clip, subject);
    await checkMaster(file, backdrop ?? clip, subject);
    return { ...facts, file, hasSound: true, isMaster: true, ...(backdrop && { backdrop }) };
  }
  const { streams } = await ffmpeg.probe(clip.file, signal);
  const picture = streams.find(({ type }) => type === 'video');
  if (!picture) throw inputError(`clip ${index + 1}`, 'a video', clip.file);
  const seconds = picture.duration ?? frames / clip.fps;
  if (Math.abs(seconds * clip.fps - frames) > 1.5) {
    const subject = `the frames of clip ${index + 1}`;
    throw inputError(subject, `what is in the file (${Math.round(seconds * clip.fps)})`, frames);
  }
  const hasSound = streams.some(({ type }) => type === 'audio');
  return { ...facts, file: clip.file, hasSound, isMaster: false };
}
