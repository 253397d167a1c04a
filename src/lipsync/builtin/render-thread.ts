/**
 * The built-in engine on a thread of its own, so that a clip is rendered while the worker's main
 * thread measures sound and feeds FFmpeg. The thread computes with plain numbers only (no native
 * library), so it may end at any moment.
 */
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import {
  cancelled,
  deserializeError,
  LipwireError,
  makeNote,
  serializeError,
  throwIfCancelled,
} from '../../contract';
import type { OpenRenderer } from '../engine';
import { expectLandmarks, loadPortrait } from '../face';
import type { Region } from '../picture';
import type { SpeechTrack } from './animation-track';
import type { builtin } from './engine';
import { isWideOpen } from './mouth-geometry';
import type { FromRenderer, PortraitOptions, SpeechReport, ToRenderer } from './renderer';

export const open: OpenRenderer<typeof builtin> = async ({ face, rate }, parameters, context) => {
  const { signal } = context;
  const portrait = expectLandmarks(await loadPortrait(face, signal));
  const { picture } = portrait;
  const landmarks = portrait.refined ?? portrait.landmarks;
  const { intensity, blinks, headMotion, offset } = parameters;
  const options = { picture, landmarks, rate, intensity, blinks, headMotion, offset };
  const { region, render, close } = await openOnThread(options, signal);
  const { width, height, data } = picture;
  const file = path.basename(face.source.file);
  return {
    engine: { model: 'builtin', device: 'cpu' },
    width,
    height,
    backdrop: { picture: Buffer.from(data), ...region },
    notes: isWideOpen(landmarks) ? [makeNote('N_MOUTH_OPEN', { file })] : [],
    render: async ({ features, cues, frameCount }, stop) => {
      const { frames, report } = render({ features, cues, frameCount }, stop);
      return { frameCount, frames, report };
    },
    close: async () => close(),
  };
};

/** Beside this module: TypeScript from sources, JavaScript once compiled. */
const RENDERER = path.join(__dirname, `renderer${path.extname(__filename)}`);
/** A thread does not inherit the loader that its process runs TypeScript with. */
const OPTIONS = path.extname(__filename) === '.ts' ? { execArgv: ['--require', 'tsx/cjs'] } : {};

/** A portrait that the thread renders. */
interface OpenPortrait {
  /** Where frames lie on the portrait. */
  region: Region;
  /**
   * `frames` are rgb24 of the region's size; a buffer is used again once the next one is asked for.
   * They throw E_CANCELLED when the signal is aborted, and what the renderer throws.
   */
  render(
    speech: SpeechTrack,
    signal: AbortSignal,
  ): {
    frames: AsyncGenerator<Buffer>;
    /** Known once all frames came. */
    report(): SpeechReport;
  };
  /** Frees what the portrait holds; frames that did not come yet never will. */
  close(): void;
}

/** Messages for a portrait that were not taken yet. */
class Inbox {
  readonly #messages: FromRenderer[] = [];
  #wake: (() => void) | undefined;

  put(message: FromRenderer): void {
    this.#messages.push(message);
    this.#wake?.();
  }

  async take(signal: AbortSignal): Promise<FromRenderer> {
    const wake = (): void => this.#wake?.();
    signal.addEventListener('abort', wake);
    try {
      for (;;) {
        const message = this.#messages.shift();
        if (message?.type === 'failed') throw deserializeError(message.error);
        if (message) return message;
        if (signal.aborted) throw cancelled();
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }
}

class RenderThread {
  readonly #worker = new Worker(RENDERER, OPTIONS);
  readonly #inboxes = new Map<number, Inbox>();
  #opened = 0;

  constructor() {
    this.#worker.unref();
    this.#worker.on('message', (message: FromRenderer) =>
      this.#inboxes.get(message.id)?.put(message),
    );
    this.#worker.on('error', (error) => this.#end(error));
    this.#worker.on('exit', (code) => this.#end(new Error(`the thread ended with ${code}`)));
  }

  async open(options: PortraitOptions, signal: AbortSignal): Promise<OpenPortrait> {
    const id = this.#opened++;
    const inbox = new Inbox();
    // The process lives on while something is rendered.
    if (this.#inboxes.size === 0) this.#worker.ref();
    this.#inboxes.set(id, inbox);
    const close = (): void => this.#close(id);
    try {
      this.#send({ type: 'open', id, options });
      const message = await inbox.take(signal);
      if (message.type !== 'opened') throw defect(`"${message.type}" came before "opened"`);
      return {
        region: message.region,
        render: (speech, stop) => this.#render(id, inbox, speech, stop),
        close,
      };
    } catch (error) {
      close();
      throw error;
    }
  }

  #render(
    id: number,
    inbox: Inbox,
    speech: SpeechTrack,
    signal: AbortSignal,
  ): ReturnType<OpenPortrait['render']> {
    let report: SpeechReport | undefined;
    const frames = async function* (this: RenderThread): AsyncGenerator<Buffer> {
      this.#send({ type: 'render', id, speech });
      for (;;) {
        throwIfCancelled(signal);
        const message = await inbox.take(signal);
        if (message.type === 'done') {
          ({ report } = message);
          return;
        }
        if (message.type !== 'frame') throw defect(`"${message.type}" came among the frames`);
        const { buffer } = message;
        yield Buffer.from(buffer);
        this.#send({ type: 'more', id, buffer }, [buffer]);
      }
    };
    return {
      frames: frames.call(this),
      report: () => {
        if (!report) throw defect('it was asked for its report too early');
        return report;
      },
    };
  }

  #send(message: ToRenderer, handedOver: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, handedOver);
  }

  #close(id: number): void {
    if (!this.#inboxes.delete(id)) return;
    this.#send({ type: 'close', id });
    if (this.#inboxes.size === 0) this.#worker.unref();
  }

  /** The thread is gone: whoever waits for it is told, and the next portrait gets a new one. */
  #end(cause: Error): void {
    if (thread === this) thread = undefined;
    const error = serializeError(defect(cause.message));
    for (const [id, inbox] of this.#inboxes) inbox.put({ type: 'failed', id, error });
    this.#inboxes.clear();
  }
}

function defect(what: string): LipwireError {
  return new LipwireError('E_INTERNAL', `The thread that renders failed: ${what}.`);
}

let thread: RenderThread | undefined;

/**
 * Opens a portrait on the process's render thread.
 * @throws E_CANCELLED, and what the renderer throws for its options
 */
export function openOnThread(options: PortraitOptions, signal: AbortSignal): Promise<OpenPortrait> {
  thread ??= new RenderThread();
  return thread.open(options, signal);
}
