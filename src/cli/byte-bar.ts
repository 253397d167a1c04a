import type { ModelProgress } from '../ml/store/progress';
import { BAR_INTERVAL, barStep, drawBar, type BarStream } from './bar';

/** One bar on a terminal for work that is counted in bytes; plain lines elsewhere. */
export class ByteBar {
  #last: ModelProgress | undefined;
  #printedStep = -1;
  #drawnAt = -Infinity;
  #isDrawn = false;

  constructor(private readonly stream: BarStream) {}

  update(progress: ModelProgress): void {
    const isNew = this.#last?.doing !== progress.doing;
    this.#last = { ...progress };
    if (!this.stream.isTTY) this.#print(isNew);
    else if (isNew || performance.now() - this.#drawnAt >= BAR_INTERVAL) this.#draw();
  }

  /** Draws the last state and leaves the line. May be called again. */
  end(): void {
    if (!this.#isDrawn) return;
    this.#draw();
    this.stream.write('\n');
    this.#isDrawn = false;
  }

  #print(isNew: boolean): void {
    const step = barStep(this.#share);
    if (!isNew && step <= this.#printedStep) return;
    this.#printedStep = step;
    this.stream.write(`${this.#text}\n`);
  }

  #draw(): void {
    this.#drawnAt = performance.now();
    this.#isDrawn = true;
    this.stream.write(`\r\x1b[K${drawBar(this.#share)} ${this.#text}`);
  }

  get #share(): number {
    const { done = 0, total = 0 } = this.#last ?? {};
    return total > 0 ? Math.min(1, done / total) : 0;
  }

  get #text(): string {
    const { doing = 'downloading', done = 0, total = 0 } = this.#last ?? {};
    return `${doing} ${Math.floor(this.#share * 100)} % (${megabytes(done)} of ${megabytes(total)})`;
  }
}

/** Decimal, as file hosts and file managers say it. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}
