import type { WriteStream } from 'node:tty';
import type { ModelProgress } from '../models/store';

const WIDTH = 24;
/** Milliseconds between two drawings. */
const INTERVAL = 100;
/** Without a terminal a line is printed for each quarter. */
const STEPS = 4;

/** One bar on a terminal for work that is counted in bytes; plain lines elsewhere. */
export class ByteBar {
  #last: ModelProgress | undefined;
  #printedStep = -1;
  #drawnAt = -Infinity;
  #isDrawn = false;

  constructor(private readonly stream: Pick<WriteStream, 'write'> & { isTTY?: boolean }) {}

  update(progress: ModelProgress): void {
    const isNew = this.#last?.doing !== progress.doing;
    this.#last = { ...progress };
    if (!this.stream.isTTY) this.#print(isNew);
    else if (isNew || performance.now() - this.#drawnAt >= INTERVAL) this.#draw();
  }

  /** Draws the last state and leaves the line. May be called again. */
  end(): void {
    if (!this.#isDrawn) return;
    this.#draw();
    this.stream.write('\n');
    this.#isDrawn = false;
  }

  #print(isNew: boolean): void {
    const step = Math.floor(this.#share * STEPS);
    if (!isNew && step <= this.#printedStep) return;
    this.#printedStep = step;
    this.stream.write(`${this.#text}\n`);
  }

  #draw(): void {
    this.#drawnAt = performance.now();
    this.#isDrawn = true;
    const full = Math.round(this.#share * WIDTH);
    const bar = `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)}`;
    this.stream.write(`\r\x1b[K${bar} ${this.#text}`);
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
