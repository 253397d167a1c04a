/**
 * Wav2Lip frame by frame, on a still portrait and on a video: faces and mel windows go to the
 * network in batches, its answers into pictures.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { frameTime, throwIfCancelled, type FrameRate, type Landmark } from '../../contract';
import { yuvBytes } from '../../av/yuv';
import { MovingPortrait } from '../builtin/moving-portrait';
import { clamp, smoothstep } from '../maths';
import type { Picture, Region } from '../picture';
import { markSpeech, measureLevels, HOP, type SoundFeatures } from '../sound';
import { HardBlend, type Blend, type Part, type SeamMeasure, type Sight } from './blend';
import { NO_PADS, type FaceAtFrame, type FacePlace, type Pads } from './face-path';
import type { MouthNetwork } from './mouth-network';
import type { PlayedFrame } from './played-frames';
import { SoftBlend } from './soft-blend';
import { WINDOW_VALUES } from './windows';
import { putRgb, rgbOf } from './yuv-frame';

/** What a picture and a video need alike. */
interface RenderOptions {
  network: MouthNetwork;
  /** The mel window of every frame. */
  windows: AsyncIterable<Float32Array>;
  features: SoundFeatures;
  rate: FrameRate;
  frameCount: number;
  /** Seconds by which the mouth is late; for the gate, the windows have it already. */
  offset: number;
  /** `parity`: the reference's rectangle and nothing else: no gate, no blinks, no head motion. */
  blend: 'soft' | 'parity';
  /** Whether silence shows the portrait's own mouth; soft only. */
  silenceGate: boolean;
  /** Frames computed at once. */
  batch: number;
}

/** Frames between two turns of the event loop, so that a cancellation is heard. */
const FRAMES_A_TURN = 8;
/** Spoken frames from one measurement of the seam to the next. */
const FRAMES_A_MEASURE = 50;

function blendOf(
  { blend, network, rate }: Pick<RenderOptions, 'blend' | 'network' | 'rate'>,
  pads: Pads,
): Blend {
  const { size, keep } = network;
  return blend === 'soft'
    ? new SoftBlend(size, keep, frameTime(1, rate))
    : new HardBlend(pads, size);
}

/** What the two renderers share: the blend, the gate and the measure of the seam. */
abstract class FaceRenderer {
  protected readonly blend: Blend;
  /** How far each frame's mouth comes from the network, 0…1. */
  protected readonly weights: Float32Array;
  #spoken = 0;
  #measured = 0;
  readonly #sums = { seam: 0, original: 0 };

  constructor(options: RenderOptions, pads: Pads) {
    const { frameCount, features, blend, silenceGate } = options;
    this.blend = blendOf(options, pads);
    this.weights =
      blend === 'soft' && silenceGate
        ? speechGate(features, options)
        : new Float32Array(frameCount).fill(1);
  }

  /** Frames that show the portrait's or the video's own mouth because nobody speaks. */
  get silentFrames(): number {
    return this.weights.reduce((count, weight) => count + (weight === 0 ? 1 : 0), 0);
  }

  /** Mean over some of the frames rendered so far; nothing where none was measured. */
  get seam(): SeamMeasure | undefined {
    const count = this.#measured;
    const { seam, original } = this.#sums;
    return count === 0 ? undefined : { seam: seam / count, original: original / count };
  }

  /** Puts an answer into `after`, and now and then measures the seam against `before`. */
  protected put(
    sight: Sight,
    before: Uint8Array,
    after: Part,
    planes: Float32Array,
    weight: number,
  ): void {
    this.blend.put(sight, after, planes, weight);
    // Only where the mouth is wholly the network's.
    if (weight < 1 || this.#spoken++ % FRAMES_A_MEASURE !== 0) return;
    const { seam, original } = this.blend.measureSeam(sight, { ...after, data: before }, after);
    this.#measured++;
    this.#sums.seam += seam;
    this.#sums.original += original;
  }
}

interface FaceOptions extends Pick<RenderOptions, 'blend' | 'network' | 'rate'> {
  /** Even width and height. */
  picture: Picture;
  /** 468 FaceMesh points in pixels of the picture; `parity` does without. */
  landmarks?: readonly Landmark[];
  /** Those of the attention mesh, which lie on the eyelids: for blinks. */
  refined?: readonly Landmark[];
  /** x1, y1, x2, y2 of the face; used by `parity`. */
  box: readonly number[];
  pads: Pads;
  blinks: boolean;
  headMotion: boolean;
}

/** A portrait that is read once, for any number of speeches one after the other. */
export class StillFace {
  readonly sight: Sight;
  readonly portrait: MovingPortrait;

  /** @throws E_INPUT for a box of which nothing lies inside the picture */
  constructor(options: FaceOptions) {
    const { picture, landmarks = [], refined, blend, pads } = options;
    this.sight = blendOf(options, pads).see(picture, options);
    this.portrait = new MovingPortrait({
      picture,
      landmarks: refined ?? landmarks,
      within: this.sight.region,
      blinks: blend === 'soft' && options.blinks,
      headMotion: blend === 'soft' && options.headMotion,
    });
  }

  /** Where the frames lie on the portrait. */
  get region(): Region {
    return this.portrait.region;
  }
}

export type StillOptions = RenderOptions & FaceOptions;

/** Frames without speech that wait for a batch to fill, at most. */
const HELD = 64;

export class StillRenderer extends FaceRenderer {
  readonly #options: RenderOptions;
  readonly #face: StillFace;

  constructor(options: RenderOptions, face: StillFace) {
    // The face has its pads.
    super(options, NO_PADS);
    this.#options = options;
    this.#face = face;
  }

  /**
   * The frames, rgb24 of the region's size. A buffer is used again for a later frame once the next
   * one is asked for.
   * @throws E_CANCELLED when the signal is aborted
   */
  async *frames(signal: AbortSignal): AsyncGenerator<Buffer> {
    const { network, batch, rate, frameCount, features } = this.#options;
    const { region, sight, portrait: moving } = this.#face;
    const motion = moving.begin(frameTime(frameCount, rate), features.digest);
    // Where nobody speaks the network is not asked, and need not read the face.
    const isSilent = this.silentFrames === this.weights.length;
    const speak = isSilent ? none : await network.face(sight.input);
    const data = Buffer.alloc(region.width * region.height * 3);
    const frame = { ...region, data };
    const answers = answered(this.#asked(), { batch, held: HELD, speak, signal });
    for await (const { frame: asked, planes } of answers) {
      throwIfCancelled(signal);
      if (asked.index % FRAMES_A_TURN === 0) await nextTurn();
      const time = frameTime(asked.index, rate);
      const portrait = motion.at(time);
      if (!planes) {
        yield motion.moved(portrait, time);
        continue;
      }
      data.set(portrait);
      this.put(sight, portrait, frame, planes, this.weights[asked.index]);
      yield motion.moved(data, time);
    }
  }

  async *#asked(): AsyncGenerator<Asked> {
    let index = 0;
    for await (const window of this.#options.windows) {
      yield { index, window: this.weights[index] > 0 ? window : undefined };
      index++;
    }
  }
}

export interface VideoOptions extends RenderOptions {
  /** Even width and height of every frame. */
  width: number;
  height: number;
  /** yuv420p, one for each frame of the clip. Written into, except those that are shown again. */
  frames: AsyncIterable<PlayedFrame>;
  /** The face of a frame of the video, with `parity` its padded box; nothing where there is none. */
  faceAt(source: number): Promise<FaceAtFrame | undefined>;
}

/** Bytes of frames that wait for the network, at most. */
const HELD_BYTES = 48 * 1024 * 1024;
/** Ranges of frames that are listed, at most: they go into messages. */
const LISTED_RANGES = 100;

interface AskedFrame extends Asked {
  data: Buffer;
  isShownAgain: boolean;
  seen?: SeenFace;
}

/** A face that is to speak, with the part of the frame around it. */
interface SeenFace {
  around: Region;
  picture: Picture;
  sight: Sight;
  shot: number;
}

export class VideoRenderer extends FaceRenderer {
  /** Frames of the clip that have no face; the ranges from first to last frame, the first hundred. */
  readonly withoutFace = { count: 0, ranges: [] as [first: number, last: number][] };
  readonly #options: VideoOptions;
  #shot: number | undefined;

  constructor(options: VideoOptions) {
    // The pads are part of the box: they were smoothed with it.
    super(options, NO_PADS);
    this.#options = options;
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
    const speak: Speak = (mels, count, faces) => network.faces(faces, mels, count);
    const answers = answered(this.#asked(), { batch, held, speak, signal });
    for await (const { frame, planes } of answers) {
      throwIfCancelled(signal);
      if (frame.index % FRAMES_A_TURN === 0) await nextTurn();
      yield planes && frame.seen ? this.#spoken(frame, frame.seen, planes) : frame.data;
    }
  }

  async *#asked(): AsyncGenerator<AskedFrame> {
    const { frames, windows, width, height } = this.#options;
    const sounds = windows[Symbol.asyncIterator]();
    let index = 0;
    try {
      for await (const { source, data, isShownAgain } of frames) {
        const { value: window, done } = await sounds.next();
        if (done) return;
        const face = await this.#options.faceAt(source);
        if (!face) this.#addWithoutFace(index);
        const asked: AskedFrame = { index, data, isShownAgain };
        if (face && this.weights[index] > 0) {
          const seen = this.#see({ data, width, height }, face);
          Object.assign(asked, { seen, window, face: seen.sight.input });
        }
        yield asked;
        index++;
      }
    } finally {
      await sounds.return?.();
    }
  }

  #addWithoutFace(frame: number): void {
    const { ranges } = this.withoutFace;
    this.withoutFace.count++;
    const range = ranges.at(-1);
    if (range?.[1] === frame - 1) range[1] = frame;
    else if (ranges.length < LISTED_RANGES) ranges.push([frame, frame]);
  }

  #see(frame: Picture, face: FaceAtFrame): SeenFace {
    const around = this.blend.around(face, frame);
    const picture = rgbOf(frame, around);
    const sight = this.blend.see(picture, moved(face, around));
    return { around, picture, shot: face.shot, sight };
  }

  #spoken(asked: AskedFrame, seen: SeenFace, planes: Float32Array): Buffer {
    const { index, data, isShownAgain } = asked;
    const { width, height } = this.#options;
    const { around, picture, sight, shot } = seen;
    if (shot !== this.#shot) this.blend.restart();
    this.#shot = shot;
    const after = { ...picture, x: 0, y: 0, data: Uint8Array.from(picture.data) };
    this.put(sight, picture.data, after, planes, this.weights[index]);
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

/** A frame on its way; without a window the network is not asked. */
interface Asked {
  index: number;
  /** 80 × 16 values. */
  window?: Float32Array | undefined;
  /** The network's input for its face, where each frame has one of its own. */
  face?: Float32Array;
}

/**
 * @param mels `count` windows one after the other
 * @param faces as many inputs, where the frames have them
 * @returns as many pictures
 */
type Speak = (mels: Float32Array, count: number, faces: Float32Array) => Promise<Float32Array>;

interface Batch<T> {
  frames: { frame: T; slot: number }[];
  mels: Float32Array;
  faces: Float32Array;
  count: number;
}

/**
 * Every frame, in order, with the network's planes where it was asked. While one batch is put into
 * pictures, the next is computed.
 * @param batch frames computed at once
 * @param held frames that are held at most, with those that are not asked about
 */
async function* answered<T extends Asked>(
  frames: AsyncIterable<T>,
  options: { batch: number; held: number; speak: Speak; signal: AbortSignal },
): AsyncGenerator<{ frame: T; planes?: Float32Array }> {
  const { batch, held, speak, signal } = options;
  let previous: { group: Batch<T>; result: Promise<Float32Array> } | undefined;
  try {
    for await (const group of batches(frames, batch, held)) {
      throwIfCancelled(signal);
      // Two runs at once would only take cores from each other.
      const planes = await previous?.result;
      const { mels, faces, count } = group;
      const result = count > 0 ? speak(mels, count, faces) : none();
      // Thrown where it is awaited; until then it must not count as unhandled.
      result.catch(() => undefined);
      const done = previous?.group;
      previous = { group, result };
      if (done && planes) yield* spread(done, planes);
    }
    if (previous) yield* spread(previous.group, await previous.result);
  } finally {
    await previous?.result.catch(() => undefined);
  }
}

async function* batches<T extends Asked>(
  frames: AsyncIterable<T>,
  batch: number,
  held: number,
): AsyncGenerator<Batch<T>> {
  const start = (): Batch<T> => ({
    frames: [],
    mels: new Float32Array(batch * WINDOW_VALUES),
    faces: new Float32Array(0),
    count: 0,
  });
  let group = start();
  for await (const frame of frames) {
    const { window, face } = frame;
    if (window) group.mels.set(window, group.count * WINDOW_VALUES);
    if (window && face) {
      if (group.count === 0) group.faces = new Float32Array(batch * face.length);
      group.faces.set(face, group.count * face.length);
    }
    group.frames.push({ frame, slot: window ? group.count++ : -1 });
    if (group.count < batch && group.frames.length < held) continue;
    yield group;
    group = start();
  }
  if (group.frames.length > 0) yield group;
}

function* spread<T>({ frames, count }: Batch<T>, planes: Float32Array) {
  const size = count > 0 ? planes.length / count : 0;
  for (const { frame, slot } of frames) {
    if (slot < 0) yield { frame };
    else yield { frame, planes: planes.subarray(slot * size, (slot + 1) * size) };
  }
}

async function none(): Promise<Float32Array> {
  return new Float32Array(0);
}

/** Seconds: shorter pauses are speech; the mouth is there before the sound, and leaves after it. */
const PAUSE = 0.35;
const ATTACK = 0.2;
const RELEASE = 0.25;

/**
 * How far each frame's mouth comes from the network: 0 in silence, 1 in speech, between the two
 * before and after speech.
 * @param offset seconds by which the mouth is late
 */
function speechGate(
  features: SoundFeatures,
  { rate, frameCount, offset }: { rate: FrameRate; frameCount: number; offset: number },
): Float32Array {
  const marks = markSpeech(features, measureLevels(features), PAUSE);
  const since = distances(marks);
  const until = distances(marks.slice().reverse()).reverse();
  return Float32Array.from({ length: frameCount }, (_, frame) => {
    const step = Math.round((frameTime(frame, rate) - offset) / HOP);
    // Beyond either end of the sound there is silence.
    const at = clamp(step, 0, marks.length - 1);
    const after = (since[at] ?? Infinity) + Math.max(0, step - at);
    const before = (until[at] ?? Infinity) + Math.max(0, at - step);
    const share = Math.max(1 - (after * HOP) / RELEASE, 1 - (before * HOP) / ATTACK);
    return smoothstep(0, 1, share);
  });
}

/** Steps since the last marked one. */
function distances(marks: Uint8Array): number[] {
  let since = Infinity;
  return Array.from(marks, (mark) => (since = mark ? 0 : since + 1));
}
