/** Wav2Lip on a video: frames, the track of a face and mel windows in; frames out. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { frameTime, throwIfCancelled } from '../../contract';
import { yuvBytes } from '../../av/yuv';
import type { Picture } from '../picture';
import type { Region } from '../region';
import { answered, type Asked } from './batches';
import type { Blend, FaceAtFrame, FacePlace, SeamMeasure, Sight } from './blend';
import { NO_PADS } from './boxes';
import { FRAMES_A_TURN, type EngineOptions } from './engine-options';
import { speechGate } from './gate';
import { HardBlend } from './hard-blend';
import type { PlayedFrame } from './played-frames';
import { FrameRanges } from './ranges';
import { Seams } from './seams';
import { SoftBlend } from './soft-blend';
import { putRgb, rgbOf } from './yuv-frame';

export interface VideoOptions extends EngineOptions {
  /** Even width and height of every frame. */
  width: number;
  height: number;
  /** yuv420p, one for each frame of the clip. Written into, but for those that are shown again. */
  frames: AsyncIterable<PlayedFrame>;
  /** The face of a frame of the video; nothing where there is none. */
  faceAt(source: number): Promise<FaceAtFrame | undefined>;
  /** `parity`: the reference's rectangle, its box as {@link faceAt} gives it, and no gate. */
  blend: 'soft' | 'parity';
}

/** Bytes of frames that wait for the network, at most. */
const HELD_BYTES = 48 * 1024 * 1024;

/** A frame on its way. */
interface Shown extends Asked {
  index: number;
  data: Buffer;
  isShownAgain: boolean;
  seen?: Seen;
}

/** A face that is to speak, with the part of the frame around it. */
interface Seen {
  around: Region;
  picture: Picture;
  sight: Sight;
  shot: number;
}

export class VideoEngine {
  /** Frames of the clip that have no face. */
  readonly withoutFace = new FrameRanges();
  readonly #options: VideoOptions;
  readonly #blend: Blend;
  readonly #weights: Float32Array;
  readonly #seams = new Seams();
  #shot: number | undefined;

  constructor(options: VideoOptions) {
    const { network, rate, frameCount, features, blend } = options;
    this.#options = options;
    const { size, keep } = network;
    const isSoft = blend === 'soft';
    this.#blend = isSoft
      ? new SoftBlend({ size, keep, frameSeconds: frameTime(1, rate) })
      : // The box has its pads, which were smoothed with it.
        new HardBlend(NO_PADS, size);
    this.#weights =
      isSoft && options.silenceGate
        ? speechGate(features, options)
        : new Float32Array(frameCount).fill(1);
  }

  /** Frames that are the video's own because nobody speaks. */
  get silentFrames(): number {
    return this.#weights.reduce((count, weight) => count + (weight === 0 ? 1 : 0), 0);
  }

  /** The seam, as the mean of some of the frames rendered so far. */
  get seam(): SeamMeasure | undefined {
    return this.#seams.mean;
  }

  /**
   * The frames, yuv420p, to be read only. A frame in which nobody speaks, or that has no face, is
   * the video's own.
   * @throws E_CANCELLED when the signal is aborted
   */
  async *frames(signal: AbortSignal): AsyncGenerator<Buffer> {
    const { network, width, height, batch: wanted } = this.#options;
    const held = Math.max(1, Math.floor(HELD_BYTES / yuvBytes(width, height)));
    const batch = Math.min(wanted, held);
    const answers = answered(this.#asked(), {
      batch,
      held,
      speak: (mels, count, faces) => network.faces(faces, mels, count),
      signal,
    });
    for await (const { frame, planes } of answers) {
      throwIfCancelled(signal);
      if (frame.index % FRAMES_A_TURN === 0) await nextTurn();
      yield planes && frame.seen ? this.#spoken(frame, frame.seen, planes) : frame.data;
    }
  }

  async *#asked(): AsyncGenerator<Shown> {
    const { frames, windows, width, height } = this.#options;
    const sounds = windows[Symbol.asyncIterator]();
    let index = 0;
    try {
      for await (const { source, data, isShownAgain } of frames) {
        const { value: window, done } = await sounds.next();
        if (done) return;
        const face = await this.#options.faceAt(source);
        if (!face) this.withoutFace.add(index);
        const shown: Shown = { index, data, isShownAgain };
        if (face && this.#weights[index] > 0) {
          const seen = this.#see({ data, width, height }, face);
          Object.assign(shown, { seen, window, face: seen.sight.input });
        }
        yield shown;
        index++;
      }
    } finally {
      await sounds.return?.();
    }
  }

  #see(frame: Picture, face: FaceAtFrame): Seen {
    const around = this.#blend.around(face, frame);
    const picture = rgbOf(frame, around);
    return {
      around,
      picture,
      shot: face.shot,
      sight: this.#blend.see(picture, moved(face, around)),
    };
  }

  #spoken({ index, data, isShownAgain }: Shown, seen: Seen, planes: Float32Array): Buffer {
    const { width, height } = this.#options;
    const { around, picture, sight, shot } = seen;
    if (shot !== this.#shot) this.#blend.restart();
    this.#shot = shot;
    const weight = this.#weights[index];
    const before = { ...picture, x: 0, y: 0 };
    const after = { ...before, data: Uint8Array.from(picture.data) };
    this.#blend.put(sight, after, planes, weight);
    if (weight === 1 && this.#seams.isNext()) {
      this.#seams.add(this.#blend.measureSeam(sight, before, after));
    }
    const made = isShownAgain ? Buffer.from(data) : data;
    putRgb({ data: made, width, height }, around, picture, after);
    return made;
  }
}

/** A face as seen from a rectangle's corner. */
function moved({ landmarks, box }: FacePlace, { x, y }: Region): FacePlace {
  return {
    ...(landmarks && { landmarks: landmarks.map(([px, py]) => [px - x, py - y] as const) }),
    ...(box && { box: [box[0] - x, box[1] - y, box[2] - x, box[3] - y] }),
  };
}
