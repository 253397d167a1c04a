import type { Ffmpeg } from './ffmpeg/types';
import { LipwireError, type FrameRate } from '../contract';

/** The picture behind a part that moves. */
export interface Backdrop {
  /** rgb24, the clip's width × height × 3 bytes. */
  picture: Buffer;
  /** Where the frames lie on it, in pixels; all four even. */
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface ClipOptions {
  ffmpeg: Ffmpeg;
  /**
   * rgb24 frames: width × height × 3 bytes, or the backdrop's width × height × 3 where there is one.
   * A buffer may be used again once the next frame is asked for.
   */
  frames: AsyncIterable<Buffer>;
  /**
   * `yuv420p` (ITU-R BT.709, limited range) for frames that go into the file as they are; each needs
   * a buffer of its own then. `rgb24` when left out.
   */
  pixels?: 'rgb24' | 'yuv420p';
  /** Pixels, both even. */
  width: number;
  height: number;
  rate: FrameRate;
  frameCount: number;
  /** Any sound; cut, or filled with silence, to the length of the picture. */
  sound: string;
  /** Where `clip.mp4`, `master.mov` and, with a backdrop, `backdrop.yuv` are written. */
  folder: string;
  signal: AbortSignal;
  /**
   * Set it where all that changes lies in one rectangle: only that goes to FFmpeg, and into the
   * master, which saves most of the work here and in stitch.
   */
  backdrop?: Backdrop;
  onProgress?(framesDone: number): void;
}

/** What must not come out of here. */
export function defect(what: string): LipwireError {
  return new LipwireError('E_INTERNAL', `A clip was rendered wrongly: ${what}.`);
}
