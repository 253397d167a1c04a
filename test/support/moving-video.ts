/** A video of a drawn face that moves and turns, with the track that face-detect would write. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import type { Ffmpeg } from '../../src/av/ffmpeg/types';
import {
  FaceTrackWriter,
  frameRate,
  rateText,
  type FacePayload,
  type Landmark,
} from '../../src/contract';
import { drawnFace } from './drawn-face';

export interface MovingVideo {
  face: FacePayload;
  poses: Landmark[][];
}

export interface MovingWish {
  frames: number;
  fps?: number;
  width?: number;
  height?: number;
  /** Frames in which the track has no face. */
  without?: readonly number[];
  /** The track has this box and no landmarks, as where the user gave it. */
  boxAlone?: readonly [number, number, number, number];
}

/** Writes `moving.mp4` and its track into a new folder. */
export async function movingVideo(
  ffmpeg: Ffmpeg,
  folder: string,
  { frames, fps = 25, width = 200, height = 240, without = [], boxAlone }: MovingWish,
): Promise<MovingVideo> {
  await mkdir(folder);
  const file = path.join(folder, 'moving.mp4');
  const rate = frameRate(fps);
  const drawn = Array.from({ length: frames }, (_, i) => {
    const { picture, landmarks } = drawnFace(width, height, 0.15 * Math.sin(i / 3));
    return { data: Buffer.from(picture.data), pose: landmarks };
  });
  const raw = ['-f', 'rawvideo', '-pixel_format', 'rgb24', '-video_size', `${width}x${height}`];
  const colours = 'scale=out_color_matrix=bt709:out_range=tv,format=yuv420p';
  await ffmpeg.run({
    inputs: [
      {
        source: Readable.from(
          drawn.map(({ data }) => data),
          { objectMode: false },
        ),
        options: [...raw, '-framerate', rateText(rate)],
      },
    ],
    outputs: [
      {
        target: file,
        options: [
          ...['-vf', colours, '-c:v', 'libx264', '-qp', '0', '-preset', 'ultrafast'],
          ...['-colorspace', 'bt709', '-color_range', 'tv'],
        ],
      },
    ],
  });
  const writer = await FaceTrackWriter.create(folder, { width, height, rate });
  for (const [i, { pose }] of drawn.entries()) {
    if (boxAlone) {
      const box: [number, number, number, number] = [...boxAlone];
      await writer.write({ state: 'none', shot: 0, score: 0, roll: 0, box });
      continue;
    }
    if (without.includes(i)) {
      await writer.write({ state: 'none', shot: 0, score: 0, roll: 0 });
      continue;
    }
    const [xs, ys] = [pose.map(([x]) => x), pose.map(([, y]) => y)];
    const box: [number, number, number, number] = [
      ...[Math.min(...xs), Math.min(...ys)],
      ...[Math.max(...xs), Math.max(...ys)],
    ] as [number, number, number, number];
    await writer.write({ state: 'found', shot: 0, score: 1, roll: 0, box, landmarks: pose });
  }
  const track = await writer.finish();
  const facts = { width, height, fps: rate.num / rate.den, frames, rate };
  const source = { file, type: 'video', ...facts } as const;
  const faces = [{ box: [40, 40, 160, 200], score: 1, roll: 0 }] as FacePayload['faces'];
  return {
    face: { kind: 'face', source, detector: boxAlone ? 'box' : 'test', faces, selected: 0, track },
    poses: drawn.map(({ pose }) => pose),
  };
}
