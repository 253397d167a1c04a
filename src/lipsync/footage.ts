/** The video of a tracked face: how its frames are read, and its track. */
import path from 'node:path';
import type { VideoView } from '../av/ffmpeg/frames';
import {
  frameRate,
  inputError,
  LIMITS,
  LipwireError,
  openFaceTrack,
  type FacePayload,
  type FrameRate,
  type OpenFaceTrack,
} from '../contract';

export interface Footage {
  view: VideoView;
  track: OpenFaceTrack;
  /** The video's own. */
  rate: FrameRate;
  /** Frames at that rate. */
  frames: number;
  /** What frames are scaled to; nothing where they keep their size. */
  size?: { width: number; height: number };
  /** Of the rendered frames: even, without an odd last row or column. */
  width: number;
  height: number;
  /** Rendered size as a share of the track's. */
  scale: number;
}

/**
 * Opens what face-detect found in a video. Frames beyond 1080p are scaled down.
 * @throws E_NO_FACE, E_INPUT for a track that is not this video's
 */
export async function openFootage({
  source,
  faces,
  selected,
  track,
}: FacePayload): Promise<Footage> {
  const name = path.basename(source.file);
  if (selected < 0 || faces.length === 0) {
    throw new LipwireError(
      'E_NO_FACE',
      `Expected a face in "${name}" but face-detect found none; choose another video.`,
    );
  }
  const remedy = 'send the message through face-detect again';
  if (!track) throw inputError('msg.face.track', 'a file of landmarks', track, remedy);
  const opened = await openFaceTrack(track);
  const { width, height, frameCount, rate } = opened.header;
  if (width !== source.width || height !== source.height || !rate) {
    await opened.close();
    const expected = `the track of a video of ${source.width}×${source.height} pixels`;
    throw inputError('msg.face.track', expected, `one of ${width}×${height}`, remedy);
  }
  const scale = Math.min(
    1,
    LIMITS.renderedLongSide / Math.max(width, height),
    LIMITS.renderedShortSide / Math.min(width, height),
  );
  const fit = (side: number): number => Math.max(2, Math.round(side * scale));
  const size = { width: fit(width), height: fit(height) };
  return {
    view: source,
    track: opened,
    rate: source.rate ?? frameRate(source.fps ?? rate.num / rate.den),
    frames: frameCount,
    ...(scale < 1 && { size }),
    width: size.width - (size.width % 2),
    height: size.height - (size.height % 2),
    scale,
  };
}
