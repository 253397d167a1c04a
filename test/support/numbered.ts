/** Clips whose frames carry their number, so that order and exactness can be read back. */
import { mkdtemp, rm, mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { openFfmpeg } from '../../src/av/ffmpeg/open';
import type { Ffmpeg } from '../../src/av/ffmpeg/types';
import { encodeWav } from '../../src/av/wav';
import {
  frameRate,
  frameTime,
  samplesForFrames,
  type ClipPayload,
  type Progress,
  resolveParameters,
  type StageContext,
} from '../../src/contract';
import { writeClip } from '../../src/av/clip-writer';
import type { StageParameters } from '../../src/stages';
import { stitch } from '../../src/stitch/stage';

/** Blocks of 8×8 pixels: 8 bits of clip number, 12 bits of frame number, in rows of five. */
const BLOCK = 8;
const COLUMNS = 5;
const BITS = 20;
export const WIDTH = 64;
export const HEIGHT = 48;

/** A picture that shows a clip's and a frame's number. */
export function numberedFrame(clip: number, frame: number, width = WIDTH, height = HEIGHT): Buffer {
  const code = clip * 4096 + frame;
  const picture = Buffer.alloc(width * height * 3, 16);
  for (let bit = 0; bit < BITS; bit++) {
    if (((code >> bit) & 1) === 0) continue;
    const x0 = Math.floor(((bit % COLUMNS) * BLOCK * width) / WIDTH);
    const y0 = Math.floor((Math.floor(bit / COLUMNS) * BLOCK * height) / HEIGHT);
    const w = Math.ceil((BLOCK * width) / WIDTH);
    const h = Math.ceil((BLOCK * height) / HEIGHT);
    for (let y = y0; y < y0 + h; y++) {
      picture.fill(240, (y * width + x0) * 3, (y * width + x0 + w) * 3);
    }
  }
  return picture;
}

/**
 * The numbers in each frame of a video, as `[clip, frame]`; scaled to the usual size first.
 * @param filter before the scaling
 */
export async function readNumbers(
  ffmpeg: Ffmpeg,
  file: string,
  filter = 'null',
): Promise<[number, number][]> {
  const frames = await decodeFrames(ffmpeg, file, filter);
  return frames.map((frame) => {
    let code = 0;
    for (let bit = 0; bit < BITS; bit++) {
      const x = (bit % COLUMNS) * BLOCK + BLOCK / 2;
      const y = Math.floor(bit / COLUMNS) * BLOCK + BLOCK / 2;
      if ((frame[y * WIDTH + x] ?? 0) > 128) code |= 1 << bit;
    }
    return [code >> 12, code & 4095];
  });
}

/** Luma of each frame, WIDTH × HEIGHT bytes, as often as it is in the file. */
export async function decodeFrames(
  ffmpeg: Ffmpeg,
  file: string,
  filter = 'null',
): Promise<Buffer[]> {
  const filters = `${filter},scale=${WIDTH}:${HEIGHT},format=gray`;
  const bytes = await decode(ffmpeg, file, [
    ...['-map', '0:v:0', '-vsync', 'passthrough', '-vf', filters, '-f', 'rawvideo'],
  ]);
  const size = WIDTH * HEIGHT;
  return Array.from({ length: bytes.length / size }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}

/** One channel of a file's sound at 48 kHz. */
export async function decodeSound(ffmpeg: Ffmpeg, file: string): Promise<Int16Array> {
  const options = ['-map', '0:a:0', '-f', 's16le', '-ar', '48000', '-af', 'pan=mono|c0=c0'];
  const bytes = await decode(ffmpeg, file, options);
  return new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
}

async function decode(ffmpeg: Ffmpeg, file: string, options: string[]): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const target = new Writable({
    write(chunk: Buffer, _encoding, done): void {
      chunks.push(chunk);
      done();
    },
  });
  // Playlists are read only where somebody asks for one.
  const format = file.endsWith('.m3u8') ? ['-f', 'hls'] : [];
  const input = { source: file, options: format };
  await ffmpeg.run({ inputs: [input], outputs: [{ target, options }] });
  const all = Buffer.concat(chunks);
  // Aligned for 16-bit views.
  return Buffer.from(new Uint8Array(all).buffer);
}

export interface ClipWish {
  /** Number in the frames. */
  number?: number;
  fps?: number;
  frames?: number;
  width?: number;
  height?: number;
  sampleRate?: number;
  channels?: number;
  /** Loudness of the tone, 0…1; 0 is silence. */
  level?: number;
  /** Only the numbers are handed over, and lie on a backdrop of this grey beside them. */
  backdrop?: number;
  /** Seconds of silence at the beginning and at the end. */
  lead?: number;
  trail?: number;
  text?: string;
}

/** A folder for one test, with FFmpeg and a context for stages. */
export class Bench {
  readonly #clips = new Map<string, Promise<ClipPayload>>();
  private constructor(
    readonly ffmpeg: Ffmpeg,
    readonly folder: string,
  ) {}

  static async open(): Promise<Bench> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-video-'));
    return new Bench(await openFfmpeg(), folder);
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  /** A new folder in it. */
  async subfolder(): Promise<string> {
    return mkdtemp(path.join(this.folder, 'job-'));
  }

  /** A context that keeps what a stage reports. */
  async context(
    signal = new AbortController().signal,
  ): Promise<StageContext & { seen: Progress[] }> {
    const seen: Progress[] = [];
    return {
      ...{ signal, seen, folder: await this.subfolder() },
      settings: { ffmpegPath: '', modelsFolder: '', device: 'cpu', acceptNonCommercial: false },
      progress: (update) => void seen.push(update),
    };
  }

  async wav(wish: ClipWish, seconds: number): Promise<string> {
    const { sampleRate = 16000, channels = 1, level = 0.25, lead = 0, trail = 0 } = wish;
    const samples = Math.round(seconds * sampleRate);
    const tone = Float32Array.from({ length: samples }, (_, i) => {
      const time = i / sampleRate;
      const isSilent = time < lead || time >= seconds - trail;
      return isSilent ? 0 : level * Math.sin(2 * Math.PI * 440 * time);
    });
    const file = path.join(await this.subfolder(), 'sound.wav');
    const all = Array.from({ length: channels }, () => tone);
    await writeFile(file, encodeWav({ sampleRate, channels: all }));
    return file;
  }

  /** A numbered clip of {@link writeClip}; two that are numbered and otherwise equal are one. */
  clip(wish: ClipWish = {}): Promise<ClipPayload> {
    const number = wish.number ?? this.#clips.size;
    const key = JSON.stringify([number, wish]);
    const clip = this.#clips.get(key) ?? this.#render({ ...wish, number });
    this.#clips.set(key, clip);
    return clip;
  }

  async #render(wish: ClipWish): Promise<ClipPayload> {
    const { fps = 25, frames = 20, width = WIDTH, height = HEIGHT, text, backdrop: grey } = wish;
    const { number = 0 } = wish;
    const rate = frameRate(fps);
    const duration = frameTime(frames, rate);
    const folder = path.join(await this.subfolder(), 'clip');
    await mkdir(folder);
    async function* pictures(): AsyncGenerator<Buffer> {
      for (let i = 0; i < frames; i++) {
        yield grey === undefined
          ? numberedFrame(number, i, width, height)
          : numberedFrame(number, i);
      }
    }
    const picture = Buffer.alloc(width * height * 3, grey);
    const written = await writeClip({
      ...{
        ffmpeg: this.ffmpeg,
        frames: pictures(),
        width,
        height,
        rate,
        frameCount: frames,
        folder,
      },
      sound: await this.wav(wish, duration),
      signal: new AbortController().signal,
      ...(grey !== undefined && {
        backdrop: { picture, x: 0, y: 0, width: WIDTH, height: HEIGHT },
      }),
    });
    return {
      ...{ kind: 'clip', ...written, duration, fps: rate.num / rate.den, frames, width, height },
      ...(text !== undefined && { text }),
      engine: { model: 'builtin', device: 'cpu' },
      report: {
        ...{ seconds: 1, speed: 1, framesWithoutFace: 0, offset: 0, drivenBy: 'sound' },
        openness: { mean: 0, max: 0 },
      },
    };
  }
}

/** Parameters of stitch: the defaults, and what a test changes. */
export function stitchParameters(
  changes: Partial<StageParameters<'stitch'>> = {},
): StageParameters<'stitch'> {
  return { ...resolveParameters(stitch.parameters, []), ...changes };
}

/** Samples per channel at 48 kHz that a video of so many frames has. */
export function soundSamples(frames: number, fps: number): number {
  return samplesForFrames(frames, frameRate(fps), 48_000);
}
