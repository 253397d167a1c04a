/** The journals of this process, one a studio; how stage nodes write and resume them. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import type { NodeAPI, Node, NodeMessage } from 'node-red';
import { Journal } from '../../src/runtime/journal';
import { userFolder } from './files';
import { leadsToStage, onceStarted } from './flows';
import type { Delivery } from './node-queue';

export type JournalMode = 'off' | 'keep' | 'resume';

export interface StudioJournal {
  journal: Journal;
  mode: JournalMode;
}

/** They outlive nodes: a deploy is no restart. */
const open = new Map<string, Journal>();

/** The journal of a studio, in Node-RED's user directory. */
export function openJournal(RED: NodeAPI, studioId: string): Journal {
  // The id in a handwritten flow file may be any text.
  const name = createHash('sha256').update(studioId).digest('hex').slice(0, 16);
  const file = path.join(userFolder(RED), 'lipwire', `journal-${name}.jsonl`);
  const journal = open.get(file) ?? new Journal(file);
  open.set(file, journal);
  return journal;
}

export function journalOf(RED: NodeAPI, configNodeId: unknown): StudioJournal | undefined {
  if (typeof configNodeId !== 'string' || configNodeId === '') return undefined;
  const holder = RED.nodes.getNode(configNodeId) as { journal?: StudioJournal } | null;
  return holder?.journal;
}

/** The token of a message; a symbol is copied with it but not shown. */
const TOKEN = Symbol.for('lipwire.token');
/** The entry of a resumed message. */
const ENTRY = Symbol.for('lipwire.entry');

/** Longest message that is recorded, in characters. */
const LONGEST = 4_000_000;

type Marked = NodeMessage & { [TOKEN]?: string; [ENTRY]?: string };

export class NodeJournal {
  /** Messages that ended because the node was closed. */
  readonly #closed: string[] = [];
  #isClosed = false;
  #isBroken = false;

  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly studio: StudioJournal,
  ) {
    // All nodes exist by then. After a deploy nothing is left to resume.
    onceStarted(RED, () => {
      if (!this.#isClosed && studio.mode === 'resume') this.resume();
    });
  }

  /**
   * Records a message.
   * @returns it with a `done` that ends its entry; undefined where it was accepted before
   */
  accept(delivery: Delivery): Delivery | undefined {
    const msg = delivery.msg as Marked;
    const { [ENTRY]: again, [TOKEN]: token } = msg;
    delete msg[ENTRY];
    let entry = again;
    if (entry === undefined) {
      const message = plain(msg);
      if (message === undefined || this.#isBroken) return delivery;
      entry = this.#write((journal) => journal.accept(this.node.id, message, token));
      if (entry === undefined) return this.#isBroken ? delivery : undefined;
    }
    const known = entry;
    const done = (error?: Error): void => {
      if (this.#isClosed) this.#closed.push(known);
      // After the sent messages have reached the next node.
      else setImmediate(() => this.#write((journal) => journal.end([known])));
      delivery.done(error);
    };
    return { ...delivery, entry, done };
  }

  /** To be called before messages are sent that end others. */
  handOver(deliveries: readonly Delivery[], messages: readonly NodeMessage[]): void {
    for (const msg of messages as Marked[]) delete msg[TOKEN];
    const entries = deliveries.flatMap(({ entry }) => entry ?? []);
    if (entries.length === 0 || !leadsToStage(this.RED, this.node.id)) return;
    const sent = messages.map((msg) => plain(msg)).filter((message) => message !== undefined);
    if (sent.length < messages.length) return;
    const tokens = this.#write((journal) => journal.handOver(entries, this.node.id, sent)) ?? [];
    tokens.forEach((token, index) => ((messages[index] as Marked)[TOKEN] = token));
  }

  /** Resumes what an earlier process left unfinished. */
  resume(): void {
    const { journal } = this.studio;
    for (const { token, message } of journal.takeHanded(this.node.id)) {
      this.node.send(Object.assign(revived(message), { [TOKEN]: token }));
    }
    for (const { entry, message } of journal.takeAccepted(this.node.id)) {
      this.node.receive(Object.assign(revived(message), { [ENTRY]: entry }));
    }
  }

  discard(): void {
    this.#write((journal) => journal.discard(this.node.id));
  }

  /** @param removed whether the node is gone for good */
  close(removed: boolean): void {
    this.#isClosed = true;
    const forget = (): void => void this.#write((journal) => journal.end(this.#closed));
    // Flows start again after a deploy, but not when Node-RED ends.
    if (removed) setImmediate(forget);
    else onceStarted(this.RED, forget);
  }

  /** Warns once of a journal that cannot be written. */
  #write<T>(write: (journal: StudioJournal['journal']) => T): T | undefined {
    try {
      return write(this.studio.journal);
    } catch (error) {
      if (!this.#isBroken) this.node.warn(`No journal is kept: ${(error as Error).message}`);
      this.#isBroken = true;
      return undefined;
    }
  }
}

/** JSON; undefined for an HTTP request, and for what is no plain data. */
function plain(msg: NodeMessage): string | undefined {
  if ('req' in msg || 'res' in msg) return undefined;
  try {
    const text = JSON.stringify(msg);
    return text.length <= LONGEST ? text : undefined;
  } catch {
    return undefined;
  }
}

/** The inverse of {@link plain}, with Buffers. */
function revived(text: string): NodeMessage {
  return JSON.parse(text, (_key, value: unknown) => {
    const { type, data } = (value ?? {}) as { type?: unknown; data?: unknown };
    return type === 'Buffer' && Array.isArray(data) ? Buffer.from(data as number[]) : value;
  }) as NodeMessage;
}
