/**
 * A write-ahead log of the messages that each node has accepted and not finished, so that another
 * process can resume them. A message that leaves a node for the next one changes hands in one line and
 * carries a token: at whatever moment the process is killed, a message is recorded at one node, or at
 * two that are linked by the token.
 */
import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { writeWholeSync } from '../files/write-file';

/** A line of the file. Messages are JSON. */
type Line =
  /** A node has accepted a message, which may carry a token. */
  | { type: 'accepted'; entry: string; node: string; message: string; token?: string }
  /** Accepted messages ended. */
  | { type: 'ended'; entries: string[] }
  /** Accepted messages ended by sending others; `reached`: nodes that have accepted those since. */
  | { type: 'handed'; entries: string[]; node: string; sent: Sent[]; reached?: string[] }
  /** Sent messages have arrived by now, or go to nodes without a journal. */
  | { type: 'arrived'; tokens: string[] };

interface Sent {
  token: string;
  message: string;
}

interface Accepted {
  line: Extract<Line, { type: 'accepted' }>;
  node: string;
  /** Left by an earlier process and not resumed. */
  isLeft: boolean;
}

interface Handed extends Sent {
  /** The sender. */
  node: string;
  isLeft: boolean;
  /** Nodes that have accepted it. */
  reached: Set<string>;
  /** Those that get it a second time, after a restart. */
  again: Set<string>;
}

/** Milliseconds after which a sent message has reached the next nodes. */
const ARRIVAL = 1000;
/** The file is compacted when it has grown by so many characters and to three times its size. */
const SLACK = 1_000_000;

export class Journal {
  /** By entry. */
  readonly #accepted = new Map<string, Accepted>();
  /** By token. */
  readonly #handed = new Map<string, Handed>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #handle: number | undefined;
  #size = 0;
  #limit = SLACK;

  /** Reads what an earlier process left in the file, which need not exist. */
  constructor(private readonly file: string) {
    for (const line of linesIn(file)) this.#apply(line, true);
  }

  /** Number of messages that an earlier process left unfinished. */
  get left(): number {
    return this.#left().length;
  }

  /** Their nodes. */
  get nodes(): string[] {
    return [...new Set(this.#left().map(({ node }) => node))];
  }

  /**
   * @param message JSON
   * @param token of a message from a node of the same journal
   * @returns its entry; undefined for one that the node had accepted before the restart
   * @throws, as every method that writes, the system's error
   */
  accept(node: string, message: string, token?: string): string | undefined {
    if (token !== undefined && this.#handed.get(token)?.again.delete(node)) return undefined;
    const entry = randomUUID();
    this.#write({ type: 'accepted', entry, node, message, ...(token && { token }) });
    return entry;
  }

  end(entries: readonly string[]): void {
    const known = entries.filter((entry) => this.#accepted.has(entry));
    if (known.length > 0) this.#write({ type: 'ended', entries: known });
  }

  /**
   * Ends messages of a node by others that it is about to send.
   * @returns the tokens to be sent with those
   */
  handOver(entries: readonly string[], node: string, messages: readonly string[]): string[] {
    const sent = messages.map((message) => ({ token: randomUUID(), message }));
    this.#write({ type: 'handed', entries: [...entries], node, sent });
    const tokens = sent.map(({ token }) => token);
    this.#arriveLater(tokens);
    return tokens;
  }

  /** Takes over what a node had accepted before the restart. */
  takeAccepted(node: string): { entry: string; message: string }[] {
    return this.#left(node, this.#accepted).map((taken) => {
      taken.isLeft = false;
      return { entry: taken.line.entry, message: taken.line.message };
    });
  }

  /** Takes over what a node had sent before the restart; to be sent again with its token. */
  takeHanded(node: string): Sent[] {
    const taken = this.#left(node, this.#handed);
    for (const one of taken) Object.assign(one, { isLeft: false, again: new Set(one.reached) });
    this.#arriveLater(taken.map(({ token }) => token));
    return taken;
  }

  /** Drops what a node left unfinished. */
  discard(node: string): void {
    for (const { line } of this.#left(node, this.#accepted)) this.#accepted.delete(line.entry);
    for (const { token } of this.#left(node, this.#handed)) this.#handed.delete(token);
    this.#rewrite();
  }

  /** Closes the file; unfinished messages stay in it. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#closeFile();
  }

  #left(): { node: string }[];
  #left<T extends Accepted | Handed>(node: string, among: Map<string, T>): T[];
  #left(node?: string, among?: Map<string, Accepted | Handed>): (Accepted | Handed)[] {
    const all = among ? among.values() : [...this.#accepted.values(), ...this.#handed.values()];
    return [...all].filter((one) => one.isLeft && (node === undefined || one.node === node));
  }

  #arriveLater(tokens: string[]): void {
    if (tokens.length === 0) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#write({ type: 'arrived', tokens });
    }, ARRIVAL);
    this.#timers.add(timer.unref());
  }

  #apply(line: Line, isLeft: boolean): void {
    if (line.type === 'ended' || line.type === 'handed') {
      for (const entry of line.entries) this.#accepted.delete(entry);
    }
    if (line.type === 'accepted') {
      const { node, token = '' } = line;
      this.#handed.get(token)?.reached.add(node);
      this.#accepted.set(line.entry, { line, node, isLeft });
    } else if (line.type === 'handed') {
      const { node, reached } = line;
      for (const sent of line.sent) {
        const sets = { reached: new Set(reached), again: new Set<string>() };
        this.#handed.set(sent.token, { ...sent, node, isLeft, ...sets });
      }
    } else if (line.type === 'arrived') {
      for (const token of line.tokens) this.#handed.delete(token);
    }
  }

  /** Appends a line. Synchronous: it takes microseconds, and must be written before the work begins. */
  #write(line: Line): void {
    this.#apply(line, false);
    if (this.#handle === undefined) return this.#rewrite();
    const text = `${JSON.stringify(line)}\n`;
    writeSync(this.#handle, text);
    this.#size += text.length;
    if (this.#size > this.#limit) this.#rewrite();
  }

  /** Compacts the file, in one step. */
  #rewrite(): void {
    this.#closeFile();
    const lines: Line[] = [];
    for (const { node, token, message, reached } of this.#handed.values()) {
      const sent = [{ token, message }];
      lines.push({ type: 'handed', entries: [], node, sent, reached: [...reached] });
    }
    for (const { line } of this.#accepted.values()) lines.push(line);
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    mkdirSync(path.dirname(this.file), { recursive: true, mode: 0o700 });
    writeWholeSync(this.file, text, 0o600);
    this.#handle = openSync(this.file, 'a', 0o600);
    this.#size = text.length;
    this.#limit = SLACK + 3 * this.#size;
  }

  #closeFile(): void {
    if (this.#handle !== undefined) closeSync(this.#handle);
    this.#handle = undefined;
  }
}

/** The lines of a file; none where it cannot be read. Leaves out a torn line. */
function linesIn(file: string): Line[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    try {
      const value = JSON.parse(line) as Line | null;
      return typeof value === 'object' && value !== null && 'type' in value ? [value] : [];
    } catch {
      return [];
    }
  });
}
