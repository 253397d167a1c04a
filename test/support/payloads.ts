/** Small valid payloads for tests. */
import type { ClipPayload, FacePayload, SpeechPayload, VideoPayload } from '../../src/contract';

export function speech(file: string, more: Partial<SpeechPayload> = {}): SpeechPayload {
  const sound = { duration: 1, sampleRate: 22050, channels: 1, engine: 'test' };
  return { kind: 'speech', file, ...sound, ...more };
}

export function face(file: string, more: Partial<FacePayload> = {}): FacePayload {
  return {
    kind: 'face',
    source: { file, type: 'image', width: 640, height: 480 },
    detector: 'test',
    faces: [{ box: [10, 10, 110, 130], score: 0.9, roll: 0 }],
    selected: 0,
    ...more,
  };
}

export function clip(file: string, more: Partial<ClipPayload> = {}): ClipPayload {
  return {
    kind: 'clip',
    file,
    duration: 1,
    fps: 25,
    frames: 25,
    width: 640,
    height: 480,
    engine: { model: 'test', device: 'cpu' },
    report: {
      seconds: 1,
      speed: 1,
      framesWithoutFace: 0,
      openness: { mean: 0.3, max: 0.9 },
      drivenBy: 'cues',
      offset: 0,
    },
    ...more,
  };
}

export function video(file: string, more: Partial<VideoPayload> = {}): VideoPayload {
  const picture = { duration: 1, fps: 25, frames: 25, width: 640, height: 480 };
  return { kind: 'video', file, ...picture, chapters: [], ...more };
}
