import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';

/** A message that a node has sent on; its token tells the next node which one it is. */
export interface Handed {
  token: string;
  /** As JSON. */
  message: string;
}

/** A line of the journal. */
export type JournalLine =
  /** A node has accepted a message. */
  | { type: 'accepted'; entry: string; node: string; message: string; token?: string }
  /** Accepted messages ended. */
  | { type: 'ended'; entries: string[] }
  /** Accepted messages ended by sending these on. */
  | { type: 'handed'; entries: string[]; node: string; sent: Handed[] }
  /** Nodes that have accepted what was sent on. */
  | { type: 'reached'; token: string; nodes: string[] }
  /** What was sent on has arrived by now, or goes where no journal is kept. */
  | { type: 'arrived'; tokens: string[] };

/** Written anew when so many characters were added, and it is at least three times as large. */
const SLACK = 1_000_000;

/**
 * A file of lines that is only ever added to, each line in one step, so that a process that is killed
 * leaves whole lines and at most one torn one. Written synchronously: a line is some microseconds, and
 * what is promised must be there before the work begins.
 */
export class JournalFile {
  #handle: number | undefined;
  #size = 0;
  #limit = SLACK;

  /** @param lines gives all that is still of interest */
  constructor(
    private readonly file: string,
    private readonly lines: () => Iterable<JournalLine>,
  ) {}

  /** What an earlier process wrote; nothing where there is no file. A torn line ends it. */
  read(): JournalLine[] {
    let text: string;
    try {
      text = readFileSync(this.file, 'utf8');
    } catch {
      return [];
    }
    return text.split('\n').flatMap((line) => parsed(line));
  }

  /**
   * Adds a line; what it says must be true of {@link lines} already.
   * @throws the system's error when the folder cannot be written to
   */
  write(line: JournalLine): void {
    const text = `${JSON.stringify(line)}\n`;
    this.#handle ??= this.#create();
    writeSync(this.#handle, text);
    this.#size += text.length;
    if (this.#size > this.#limit) this.rewrite();
  }

  /** Writes only what is still of interest, in the file's place in one step. */
  rewrite(): void {
    this.close();
    this.#handle = this.#create();
  }

  close(): void {
    if (this.#handle !== undefined) closeSync(this.#handle);
    this.#handle = undefined;
  }

  #create(): number {
    mkdirSync(path.dirname(this.file), { recursive: true, mode: 0o700 });
    const fresh = `${this.file}.new`;
    const handle = openSync(fresh, 'w', 0o600);
    const text = Array.from(this.lines(), (line) => `${JSON.stringify(line)}\n`).join('');
    writeSync(handle, text);
    renameSync(fresh, this.file);
    this.#size = text.length;
    this.#limit = SLACK + 3 * this.#size;
    return handle;
  }
}

function parsed(line: string): JournalLine[] {
  try {
    const value = JSON.parse(line) as JournalLine | null;
    return typeof value === 'object' && value !== null && 'type' in value ? [value] : [];
  } catch {
    return [];
  }
}
