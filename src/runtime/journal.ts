import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';
import { randomUUID } from 'node:crypto';

/** A message that a node has sent on; its token tells the next node which one it is. */
interface Handed {
  token: string;
  /** As JSON. */
  message: string;
}

/** A line of the journal. */
type JournalLine =
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
class JournalFile {
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

/**
 * Which messages each node has accepted and not finished yet, written down so that another process can
 * go on with them. A message that leaves a node for the next one changes hands in one line, and is
 * known by a token: whatever moment the process is killed at, each piece of work is in exactly one
 * place, or in two that know of each other.
 */

/** A message that a node had accepted when the process ended. */
interface Unfinished {
  entry: string;
  /** As JSON. */
  message: string;
}

type Accepted = Extract<JournalLine, { type: 'accepted' }>;

interface OnTheWay extends Handed {
  /** The node that sent it. */
  node: string;
  /** Those that have accepted it. */
  reached: Set<string>;
  /** Those to which it comes a second time, after a restart. */
  again: Set<string>;
}

/** Milliseconds after which a message that was sent on has reached the next nodes. */
const ARRIVAL = 1000;

export class Journal {
  readonly #file: JournalFile;
  /** Unfinished messages of this process by entry, and what it has just sent on by token. */
  readonly #accepted = new Map<string, Accepted>();
  readonly #handed = new Map<string, OnTheWay>();
  /** The same of an earlier process, as long as nobody went on with it. */
  readonly #left = new Map<string, Accepted>();
  readonly #leftHanded = new Map<string, OnTheWay>();
  readonly #timers = new Set<NodeJS.Timeout>();

  /** Reads what an earlier process left in that file. */
  constructor(file: string) {
    this.#file = new JournalFile(file, () => this.#lines());
    for (const line of this.#file.read()) this.#replay(line);
  }

  /** How many messages an earlier process left unfinished. */
  get left(): number {
    return this.#left.size + this.#leftHanded.size;
  }

  /** Nodes that an earlier process left unfinished messages of. */
  get nodes(): string[] {
    const all = [...this.#left.values(), ...this.#leftHanded.values()];
    return [...new Set(all.map(({ node }) => node))];
  }

  /**
   * A node accepts a message, given as JSON.
   * @param token that it came with, where it came from a node of the same journal
   * @returns its entry; undefined for one that the same node had accepted before the restart
   */
  accept(node: string, message: string, token?: string): string | undefined {
    const onTheWay = token === undefined ? undefined : this.#handed.get(token);
    if (onTheWay?.again.delete(node)) return undefined;
    onTheWay?.reached.add(node);
    const entry = randomUUID();
    const line: Accepted = { type: 'accepted', entry, node, message, ...(token && { token }) };
    this.#accepted.set(entry, line);
    this.#file.write(line);
    return entry;
  }

  /** Messages ended, in whatever way. */
  end(entries: readonly string[]): void {
    const known = entries.filter((entry) => this.#accepted.delete(entry));
    if (known.length > 0) this.#file.write({ type: 'ended', entries: known });
  }

  /**
   * Messages of a node end by others that it is about to send.
   * @returns a token for each of those, to be sent with it
   */
  handOver(entries: readonly string[], node: string, messages: readonly string[]): string[] {
    const sent = messages.map((message) => ({ token: randomUUID(), message }));
    for (const entry of entries) this.#accepted.delete(entry);
    for (const one of sent)
      this.#handed.set(one.token, { ...one, node, reached: new Set(), again: new Set() });
    this.#file.write({ type: 'handed', entries: [...entries], node, sent });
    const tokens = sent.map(({ token }) => token);
    this.#arriveLater(tokens);
    return tokens;
  }

  /** What a node had accepted before; from now on it is this process's. */
  takeAccepted(node: string): Unfinished[] {
    return this.#take(this.#left, node).map((line) => {
      this.#accepted.set(line.entry, line);
      return { entry: line.entry, message: line.message };
    });
  }

  /** What a node had sent on before, and perhaps in vain. To be sent again, with its token. */
  takeHanded(node: string): Handed[] {
    const taken = this.#take(this.#leftHanded, node);
    for (const one of taken) this.#handed.set(one.token, { ...one, again: new Set(one.reached) });
    this.#arriveLater(taken.map(({ token }) => token));
    return taken;
  }

  /** Forgets what a node had left unfinished. */
  discard(node: string): void {
    this.#take(this.#left, node);
    this.#take(this.#leftHanded, node);
    this.#file.rewrite();
  }

  /** Lets go of the file; what is unfinished stays in it. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#file.close();
  }

  #take<T extends { node: string }>(from: Map<string, T>, node: string): T[] {
    const taken = [...from].filter(([, one]) => one.node === node);
    for (const [key] of taken) from.delete(key);
    return taken.map(([, one]) => one);
  }

  #arriveLater(tokens: readonly string[]): void {
    if (tokens.length === 0) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      for (const token of tokens) this.#handed.delete(token);
      this.#file.write({ type: 'arrived', tokens: [...tokens] });
    }, ARRIVAL);
    timer.unref();
    this.#timers.add(timer);
  }

  #replay(line: JournalLine): void {
    switch (line.type) {
      case 'accepted':
        this.#left.set(line.entry, line);
        if (line.token !== undefined) this.#leftHanded.get(line.token)?.reached.add(line.node);
        return;
      case 'ended':
        for (const entry of line.entries) this.#left.delete(entry);
        return;
      case 'handed':
        for (const entry of line.entries) this.#left.delete(entry);
        for (const { token, message } of line.sent) {
          const { node } = line;
          this.#leftHanded.set(token, {
            token,
            message,
            node,
            reached: new Set(),
            again: new Set(),
          });
        }
        return;
      case 'reached':
        for (const node of line.nodes) this.#leftHanded.get(line.token)?.reached.add(node);
        return;
      case 'arrived':
        for (const token of line.tokens) this.#leftHanded.delete(token);
    }
  }

  /** All that is still of interest, as lines. */
  *#lines(): Iterable<JournalLine> {
    for (const handed of [this.#handed, this.#leftHanded]) {
      for (const { node, token, message, reached } of handed.values()) {
        yield { type: 'handed', entries: [], node, sent: [{ token, message }] };
        yield { type: 'reached', token, nodes: [...reached] };
      }
    }
    yield* this.#left.values();
    yield* this.#accepted.values();
  }
}
