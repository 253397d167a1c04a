/**
 * The built-in engine on a thread of its own, so that a clip is rendered while the engine's thread
 * speaks, measures and feeds FFmpeg. It computes with plain numbers only (no native library), so it
 * may end at any moment.
 */
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { BuiltinEngine, BuiltinOptions } from './builtin';
import {
  cancelled,
  deserializeError,
  LipwireError,
  serializeError,
  throwIfCancelled,
} from '../../contract';
import type { BuiltinReport, FromRenderer, ToRenderer } from './render-protocol';

/** Beside this module: TypeScript from sources, JavaScript once compiled. */
const RENDERER = path.join(__dirname, `renderer${path.extname(__filename)}`);
/** A thread does not inherit the loader that its process runs TypeScript with. */
const OPTIONS = path.extname(__filename) === '.ts' ? { execArgv: ['--require', 'tsx/cjs'] } : {};

/** A clip that a thread renders. */
export interface RenderedClip {
  /** Where the frames lie on the portrait. */
  region: BuiltinEngine['region'];
  /**
   * rgb24 of the region's size; a buffer is used again once the next one is asked for.
   * @throws E_CANCELLED when the signal is aborted, and what the engine throws
   */
  frames(signal: AbortSignal): AsyncGenerator<Buffer>;
  /** Known once all frames came. */
  report(): BuiltinReport;
  /** Frees what the clip holds; frames that did not come yet never will. */
  close(): void;
}

/** What came for a clip and was not taken yet. */
class Inbox {
  readonly #messages: FromRenderer[] = [];
  #wake: (() => void) | undefined;

  put(message: FromRenderer): void {
    this.#messages.push(message);
    this.#wake?.();
  }

  async take(signal?: AbortSignal): Promise<FromRenderer> {
    const wake = (): void => this.#wake?.();
    signal?.addEventListener('abort', wake);
    try {
      while (this.#messages.length === 0) {
        if (signal?.aborted) throw cancelled();
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      signal?.removeEventListener('abort', wake);
    }
    const message = this.#messages.shift() as FromRenderer;
    if (message.type === 'failed') throw deserializeError(message.error);
    return message;
  }
}

class RenderThread {
  readonly #worker = new Worker(RENDERER, OPTIONS);
  readonly #inboxes = new Map<number, Inbox>();
  #jobs = 0;

  constructor() {
    this.#worker.unref();
    this.#worker.on('message', (message: FromRenderer) =>
      this.#inboxes.get(message.job)?.put(message),
    );
    this.#worker.on('error', (error) => this.#end(error));
    this.#worker.on('exit', (code) => this.#end(new Error(`the thread ended with ${code}`)));
  }

  async render(options: BuiltinOptions, signal: AbortSignal): Promise<RenderedClip> {
    const job = this.#jobs++;
    const inbox = new Inbox();
    // The process lives on while something is rendered.
    if (this.#inboxes.size === 0) this.#worker.ref();
    this.#inboxes.set(job, inbox);
    const close = (): void => this.#close(job);
    try {
      this.#send({ type: 'begin', job, options });
      const begun = await inbox.take(signal);
      if (begun.type !== 'begun') throw defect(`"${begun.type}" came before the beginning`);
      let report: BuiltinReport | undefined;
      const more = (buffer: ArrayBuffer): void =>
        this.#send({ type: 'more', job, buffer }, [buffer]);
      return {
        region: begun.region,
        frames: (stop) => framesOf(inbox, stop, more, (known) => (report = known)),
        report: () => {
          if (!report) throw defect('it was asked for its report too early');
          return report;
        },
        close,
      };
    } catch (error) {
      close();
      throw error;
    }
  }

  #send(message: ToRenderer, handedOver: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, handedOver);
  }

  #close(job: number): void {
    if (!this.#inboxes.delete(job)) return;
    this.#send({ type: 'stop', job });
    if (this.#inboxes.size === 0) this.#worker.unref();
  }

  /** The thread is gone: whoever waits for it is told, and the next clip gets a new one. */
  #end(cause: Error): void {
    if (thread === this) thread = undefined;
    const error = serializeError(defect(cause.message));
    for (const [job, inbox] of this.#inboxes) inbox.put({ type: 'failed', job, error });
    this.#inboxes.clear();
  }
}

async function* framesOf(
  inbox: Inbox,
  signal: AbortSignal,
  more: (buffer: ArrayBuffer) => void,
  onReport: (report: BuiltinReport) => void,
): AsyncGenerator<Buffer> {
  for (;;) {
    throwIfCancelled(signal);
    const message = await inbox.take(signal);
    if (message.type === 'done') return onReport(message.report);
    if (message.type !== 'frame') throw defect(`"${message.type}" came among the frames`);
    yield Buffer.from(message.buffer);
    more(message.buffer);
  }
}

function defect(what: string): LipwireError {
  return new LipwireError('E_INTERNAL', `The thread that renders failed: ${what}.`);
}

let thread: RenderThread | undefined;

/**
 * Begins to render a clip on the process's render thread.
 * @throws E_CANCELLED, and what the built-in engine throws for its options
 */
export function renderOnThread(
  options: BuiltinOptions,
  signal: AbortSignal,
): Promise<RenderedClip> {
  thread ??= new RenderThread();
  return thread.render(options, signal);
}
