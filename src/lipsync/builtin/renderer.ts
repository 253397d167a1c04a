/**
 * Renders a portrait that speaks. As a module of its own thread (see render-thread.ts) it serves any
 * number of portraits; it starts nothing and opens no file.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import {
  frameTime,
  serializeError,
  throwIfCancelled,
  type FrameRate,
  type Landmark,
  type SerializedError,
} from '../../contract';
import type { Picture, Region } from '../picture';
import { AnimationTrack, type SpeechTrack } from './animation-track';
import { MovingPortrait } from './moving-portrait';

export interface PortraitOptions {
  /** Even width and height. */
  picture: Picture;
  /** 478 points of the attention mesh, or 468 of FaceMesh, in pixels of the picture. */
  landmarks: readonly Landmark[];
  rate: FrameRate;
  /** How far the mouth opens; 1 is natural. */
  intensity?: number;
  blinks?: boolean;
  headMotion?: boolean;
  /** Seconds by which the mouth is late. */
  offset?: number;
}

/** What is known of a speech once its frames are made. */
export interface SpeechReport {
  /** Openness that was asked for, over all frames, 0…1. */
  openness: { mean: number; max: number };
  drivenBy: 'cues' | 'sound';
}

/** Frames between two turns of the event loop, so that a cancellation is heard. */
const FRAMES_A_TURN = 8;

/** Renders the part of a portrait that moves. */
export class PortraitRenderer {
  /** Where frames lie on the portrait. */
  readonly region: Region;
  readonly #options: PortraitOptions;
  readonly #portrait: MovingPortrait;

  constructor(options: PortraitOptions) {
    this.#options = options;
    this.#portrait = new MovingPortrait(options);
    this.region = this.#portrait.region;
  }

  /**
   * The frames of a speech, rgb24 of the region's size, to be read only. A buffer is used again once
   * the next frame is asked for. Throws E_CANCELLED when the signal is aborted.
   */
  render(
    speech: SpeechTrack,
    signal: AbortSignal,
  ): { frames: AsyncGenerator<Buffer>; report: SpeechReport } {
    const track = new AnimationTrack({ ...this.#options, ...speech });
    const report = { openness: { mean: 0, max: 0 }, drivenBy: track.drivenBy };
    return { frames: this.#frames(speech, track, report.openness, signal), report };
  }

  async *#frames(
    { frameCount, features }: SpeechTrack,
    track: AnimationTrack,
    openness: SpeechReport['openness'],
    signal: AbortSignal,
  ): AsyncGenerator<Buffer> {
    const { rate } = this.#options;
    const motion = this.#portrait.begin(frameTime(frameCount, rate), features.digest);
    let sum = 0;
    for (let i = 0; i < frameCount; i++) {
      throwIfCancelled(signal);
      if (i % FRAMES_A_TURN === 0) await nextTurn();
      const pose = track.poseAt(i);
      const open = pose.open * (1 - pose.closure);
      sum += open;
      openness.mean = sum / (i + 1);
      openness.max = Math.max(openness.max, open);
      yield motion.moved(this.#portrait.posed(pose), frameTime(i, rate));
    }
  }
}

export type ToRenderer =
  | { type: 'open'; id: number; options: PortraitOptions }
  | { type: 'render'; id: number; speech: SpeechTrack }
  /** A buffer that may be used again: one more frame is wanted. */
  | { type: 'more'; id: number; buffer: ArrayBuffer }
  | { type: 'close'; id: number };

export type FromRenderer =
  | { type: 'opened'; id: number; region: Region }
  | { type: 'frame'; id: number; buffer: ArrayBuffer }
  | { type: 'done'; id: number; report: SpeechReport }
  | { type: 'failed'; id: number; error: SerializedError };

/** Frames of one portrait that may be on their way: enough that neither side waits for the other. */
const FRAMES_AHEAD = 6;

/** One portrait: renders while there are buffers to render into. */
class ServedPortrait {
  readonly #renderer: PortraitRenderer;
  readonly #abort = new AbortController();
  readonly #free: ArrayBuffer[] = [];
  #wake: (() => void) | undefined;

  constructor(
    private readonly id: number,
    options: PortraitOptions,
  ) {
    this.#renderer = new PortraitRenderer(options);
    const { region } = this.#renderer;
    const bytes = region.width * region.height * 3;
    for (let i = 0; i < FRAMES_AHEAD; i++) this.#free.push(new ArrayBuffer(bytes));
    send({ type: 'opened', id, region });
  }

  async render(speech: SpeechTrack): Promise<void> {
    const { frames, report } = this.#renderer.render(speech, this.#abort.signal);
    for await (const frame of frames) {
      const buffer = await this.#buffer();
      if (!buffer) return;
      new Uint8Array(buffer).set(frame);
      send({ type: 'frame', id: this.id, buffer }, [buffer]);
    }
    send({ type: 'done', id: this.id, report });
  }

  more(buffer: ArrayBuffer): void {
    this.#free.push(buffer);
    this.#wake?.();
  }

  close(): void {
    this.#abort.abort();
    this.#wake?.();
  }

  /** Waits for a buffer; undefined once closed. */
  async #buffer(): Promise<ArrayBuffer | undefined> {
    while (this.#free.length === 0 && !this.#abort.signal.aborted) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.#abort.signal.aborted ? undefined : this.#free.pop();
  }
}

const portraits = new Map<number, ServedPortrait>();

function send(message: FromRenderer, handedOver: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, handedOver);
}

async function serve(message: ToRenderer): Promise<void> {
  const { id } = message;
  const portrait = portraits.get(id);
  if (message.type === 'open') portraits.set(id, new ServedPortrait(id, message.options));
  else if (message.type === 'render') await portrait?.render(message.speech);
  else if (message.type === 'more') portrait?.more(message.buffer);
  else {
    portraits.delete(id);
    portrait?.close();
  }
}

parentPort?.on('message', (message: ToRenderer) => {
  serve(message).catch((error: unknown) =>
    send({ type: 'failed', id: message.id, error: serializeError(error) }),
  );
});
