/** The thread that renders clips with the built-in engine; it starts nothing and opens no file. */
import { parentPort } from 'node:worker_threads';
import { BuiltinEngine, type BuiltinOptions } from './builtin';
import { serializeError } from '../../contract';
import { FRAMES_AHEAD, type FromRenderer, type ToRenderer } from './render-protocol';

/** One clip: renders while there are buffers to render into. */
class Rendering {
  readonly #abort = new AbortController();
  readonly #free: ArrayBuffer[] = [];
  #wake: (() => void) | undefined;

  constructor(private readonly job: number) {}

  async run(options: BuiltinOptions): Promise<void> {
    const engine = new BuiltinEngine(options);
    const { region } = engine;
    send({ type: 'begun', job: this.job, region });
    const bytes = region.width * region.height * 3;
    for (let i = 0; i < FRAMES_AHEAD; i++) this.#free.push(new ArrayBuffer(bytes));
    for await (const frame of engine.frames(this.#abort.signal)) {
      const buffer = await this.#buffer();
      if (!buffer) return;
      new Uint8Array(buffer).set(frame);
      send({ type: 'frame', job: this.job, buffer }, [buffer]);
    }
    const { openness, performance } = engine;
    send({ type: 'done', job: this.job, report: { openness, drivenBy: performance.drivenBy } });
  }

  more(buffer: ArrayBuffer): void {
    this.#free.push(buffer);
    this.#wake?.();
  }

  stop(): void {
    this.#abort.abort();
    this.#wake?.();
  }

  /** Waits for a buffer; undefined once stopped. */
  async #buffer(): Promise<ArrayBuffer | undefined> {
    while (this.#free.length === 0 && !this.#abort.signal.aborted) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.#abort.signal.aborted ? undefined : this.#free.pop();
  }
}

const renderings = new Map<number, Rendering>();

function send(message: FromRenderer, handedOver: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, handedOver);
}

async function begin(job: number, options: BuiltinOptions): Promise<void> {
  const rendering = new Rendering(job);
  renderings.set(job, rendering);
  try {
    await rendering.run(options);
  } catch (error) {
    send({ type: 'failed', job, error: serializeError(error) });
  } finally {
    renderings.delete(job);
  }
}

parentPort?.on('message', (message: ToRenderer) => {
  if (message.type === 'begin') void begin(message.job, message.options);
  else if (message.type === 'more') renderings.get(message.job)?.more(message.buffer);
  else renderings.get(message.job)?.stop();
});
