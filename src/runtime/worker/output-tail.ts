import type { Readable } from 'node:stream';

/** Keeps the last lines that streams print, for the details of an error. */
export class OutputTail {
  readonly #lines: string[] = [];

  constructor(
    private readonly onLine: (line: string) => void,
    private readonly limit = 30,
    private readonly lineLength = 500,
  ) {}

  /** Reads a stream to its end. */
  follow(stream: Readable): void {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = (lines.pop() ?? '').slice(0, this.lineLength);
      for (const line of lines) this.#add(line);
    });
    stream.on('end', () => rest && this.#add(rest));
    stream.on('error', () => undefined);
  }

  get lines(): string[] {
    return [...this.#lines];
  }

  #add(line: string): void {
    const text = line.trimEnd().slice(0, this.lineLength);
    if (!text) return;
    this.#lines.push(text);
    if (this.#lines.length > this.limit) this.#lines.shift();
    this.onLine(text);
  }
}
