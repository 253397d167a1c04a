/** What hls-export needs to know of a video before it starts. */
import { Writable } from 'node:stream';
import type { Ffmpeg } from '../av/ffmpeg/types';
import {
  FRAME_RATE_LIMITS,
  frameRate,
  inputError,
  LIMITS,
  throwIfCancelled,
  type FrameRate,
} from '../contract';

export interface HlsSource {
  file: string;
  /** Upright, in pixels. */
  width: number;
  height: number;
  rate: FrameRate;
  duration: number;
  /** Our own durations are exact; others are stated for the picture, or guessed from all there is. */
  durationIs: 'exact' | 'stated' | 'guessed';
  hasSound: boolean;
  /** The sound is AAC-LC for sure, and can be copied. */
  keepsSound: boolean;
  /** Frames between key frames, where the picture is H.264 that can be copied. */
  keyFrames: number | undefined;
}

/**
 * @param isOurs written by Lipwire: H.264 and AAC-LC, or what a user says is the same
 * @throws E_INPUT when it has no picture, or one that is too large or too long
 */
export async function inspectVideo(
  ffmpeg: Ffmpeg,
  file: string,
  isOurs: boolean,
  signal: AbortSignal,
): Promise<HlsSource> {
  const [probe, keyFrames] = await Promise.all([
    ffmpeg.probe(file, signal),
    isOurs ? keyFrameDistance(ffmpeg, file, signal).catch(() => undefined) : undefined,
  ]);
  throwIfCancelled(signal);
  const picture = probe.streams.find(({ type }) => type === 'video');
  const sound = probe.streams.find(({ type }) => type === 'audio');
  if (!picture?.width || !picture.height) {
    throw inputError('the video to export', 'a file with a picture', file);
  }
  const { width, height } = picture;
  const duration = picture.duration ?? probe.duration;
  // A small file can claim either, and would keep FFmpeg busy for days.
  if (width * height > LIMITS.videoPixels) {
    const most = `at most ${LIMITS.videoPixels / 1e6} million pixels a frame`;
    throw inputError('the video to export', most, `${width}×${height}`, 'scale it down');
  }
  if (duration > LIMITS.duration) {
    const most = `at most ${LIMITS.duration / 3600} hours`;
    throw inputError('the video to export', most, `${Math.round(duration)} s`, 'cut it');
  }
  const isTurned = Math.abs(picture.rotation ?? 0) % 180 === 90;
  const { min, max } = FRAME_RATE_LIMITS;
  const rate = frameRate(Math.min(max, Math.max(min, picture.fps ?? 25)));
  const canCopy = isOurs && picture.codec === 'h264' && picture.pixelFormat === 'yuv420p';
  return {
    ...{ file, rate, duration },
    durationIs: isOurs ? 'exact' : picture.duration ? 'stated' : 'guessed',
    width: isTurned ? height : width,
    height: isTurned ? width : height,
    hasSound: sound !== undefined,
    keepsSound: isOurs && sound?.codec === 'aac',
    keyFrames: canCopy && !picture.rotation ? keyFrames : undefined,
  };
}

/**
 * Frames from one key frame to the next, if that is the same all through and the frames are evenly
 * spaced. Reads packets only, which is as fast as the disk. FFmpeg's framecrc lists one packet a
 * line (stream, dts, pts, duration, size, checksum) and flags those that are no key frames.
 */
async function keyFrameDistance(
  ffmpeg: Ffmpeg,
  file: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  const scan = new KeyFrameScan();
  let rest = '';
  const target = new Writable({
    write(chunk: Buffer, _encoding, done): void {
      const lines = (rest + chunk.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) scan.line(line);
      done();
    },
  });
  await ffmpeg.run({
    inputs: [{ source: file }],
    outputs: [{ target, options: ['-map', '0:v:0', '-c', 'copy', '-f', 'framecrc'] }],
    signal,
  });
  return scan.distance;
}

class KeyFrameScan {
  #frames = 0;
  #lastKey = -1;
  #distance: number | undefined;
  #lastTime: number | undefined;
  #step: number | undefined;
  #isRegular = true;

  line(line: string): void {
    if (line.startsWith('#') || line.trim() === '') return;
    const fields = line.split(',').map((field) => field.trim());
    const time = Number(fields[2]);
    if (this.#lastTime !== undefined) {
      this.#step ??= time - this.#lastTime;
      if (time - this.#lastTime !== this.#step) this.#isRegular = false;
    }
    this.#lastTime = time;
    if (!fields.some((field) => field.startsWith('F='))) this.#keyFrame();
    this.#frames += 1;
  }

  #keyFrame(): void {
    if (this.#lastKey >= 0) {
      this.#distance ??= this.#frames - this.#lastKey;
      if (this.#frames - this.#lastKey !== this.#distance) this.#isRegular = false;
    } else if (this.#frames > 0) {
      this.#isRegular = false;
    }
    this.#lastKey = this.#frames;
  }

  get distance(): number | undefined {
    if (!this.#isRegular || this.#frames === 0) return undefined;
    return this.#distance ?? this.#frames;
  }
}
