/** What a node does with messages that come while it is at work: its queue policy. */
import type { NodeAPI, NodeMessage, NodeMessageInFlow } from 'node-red';
import {
  cancelled,
  LipwireError,
  objectSource,
  resolveParameters,
  type ParameterTable,
} from '../../src/contract';
import { partsOf, sequenceOf } from './parts';
import type { Piece } from './status';

/** Settings that all stage nodes share; the dialogs' defaults are the same (a test compares them). */
export const QUEUE = {
  queuePolicy: {
    type: 'choice',
    default: 'wait',
    of: ['wait', 'dropNewest', 'dropOldest', 'replace'],
    since: 2,
    fixed: true,
    icon: 'fa-list-ol',
  },
  /** Messages that may wait at the node; used by the two that drop. */
  queueLength: {
    type: 'number',
    default: 10,
    min: 0,
    max: 100_000,
    whole: true,
    since: 2,
    fixed: true,
    icon: 'fa-hourglass-half',
    when: { parameter: 'queuePolicy', is: ['dropNewest', 'dropOldest'] },
  },
} as const satisfies ParameterTable;

/** Replaced texts whose stragglers are still known. */
const REPLACED = 100;

/** Most messages that may wait, and how the error calls that limit. */
interface Limit {
  most: number;
  name: string;
}

/** The jobs of one node, from their arrival to their end. */
export class NodeQueue {
  readonly #jobs = new Set<Job>();
  /** Those on which no work has begun, in the order they came. */
  readonly #waiting = new Set<Job>();
  /** Texts for which a newer one came. */
  readonly #replaced = new Set<string>();

  /**
   * @param config the node's settings
   * @param bufferLimit Node-RED's own, {@link bufferLimit}
   * @param drop ends a job with an error, whatever its state
   */
  constructor(
    private readonly config: object,
    private readonly bufferLimit: number,
    private readonly drop: (job: Job, error: LipwireError) => void,
  ) {}

  /** All that have not ended. */
  get jobs(): Job[] {
    return [...this.#jobs];
  }

  /**
   * Takes a job, and drops those that the policy gives up for it.
   * @throws E_BUSY naming the limit, E_CANCELLED for a text that was replaced: the new job is dropped
   */
  add(job: Job): void {
    const { queuePolicy, queueLength } = this.#settings();
    if (queuePolicy === 'replace') this.#replaceBy(job);
    const drops = queuePolicy === 'dropNewest' || queuePolicy === 'dropOldest';
    const limit = this.#limit(drops ? queueLength : Infinity);
    if (this.#held >= limit.most && this.#jobs.size > 0) {
      const oldest = queuePolicy === 'dropOldest' ? this.#oldest : undefined;
      if (!oldest) throw busy(limit, 'this one was dropped');
      this.drop(oldest, busy(limit, 'the one that waited longest was dropped for a newer one'));
    }
    this.#jobs.add(job);
    this.#waiting.add(job);
  }

  /** Work on it has begun. */
  begin(job: Job): void {
    this.#waiting.delete(job);
  }

  end(job: Job): void {
    this.#jobs.delete(job);
    this.#waiting.delete(job);
  }

  /**
   * Whether messages of another text are given up when this one comes.
   * @throws E_CANCELLED when the message itself belongs to a text that was replaced
   */
  replaces(sequence: string | undefined): boolean {
    if (this.#settings().queuePolicy !== 'replace') return false;
    if (sequence !== undefined && this.#replaced.has(sequence)) throw replacedError();
    return true;
  }

  /** Remembers texts whose messages are not wanted any more. */
  forget(sequences: readonly (string | undefined)[]): void {
    for (const sequence of sequences) {
      if (sequence !== undefined) this.#replaced.add(sequence);
    }
    for (const oldest of this.#replaced) {
      if (this.#replaced.size <= REPLACED) break;
      this.#replaced.delete(oldest);
    }
  }

  /** Where no work has begun yet, the first is as good as begun. */
  get #held(): number {
    return this.#waiting.size === this.#jobs.size ? this.#waiting.size - 1 : this.#waiting.size;
  }

  get #oldest(): Job | undefined {
    const [first, second] = this.#waiting;
    return this.#waiting.size === this.#jobs.size ? second : first;
  }

  #replaceBy(job: Job): void {
    this.replaces(job.sequence);
    const others = this.jobs.filter(
      ({ sequence }) => sequence === undefined || sequence !== job.sequence,
    );
    this.forget(others.map(({ sequence }) => sequence));
    for (const other of others) this.drop(other, replacedError());
  }

  #settings() {
    return resolveParameters(QUEUE, [objectSource('the setting ', this.config)]);
  }

  #limit(queueLength: number): Limit {
    return this.bufferLimit < queueLength
      ? { most: this.bufferLimit, name: "nodeMessageBufferMaxLength in Node-RED's settings" }
      : { most: queueLength, name: 'the queue length of this node' };
  }
}

/** How many messages Node-RED's own settings let a node hold; Infinity where they say nothing. */
export function bufferLimit(RED: NodeAPI): number {
  const { nodeMessageBufferMaxLength: limit } = RED.settings as {
    nodeMessageBufferMaxLength?: unknown;
  };
  return typeof limit === 'number' && limit > 0 ? limit : Infinity;
}

function busy({ most, name }: Limit, what: string): LipwireError {
  return new LipwireError(
    'E_BUSY',
    `Expected at most ${most} waiting messages (${name}) but one more came; ${what}.`,
    { details: { limit: most } },
  );
}

export function replacedError(): LipwireError {
  return cancelled('The job was replaced by a newer message.');
}

/** A message as it came, with the two functions that answer it. */
export interface Delivery {
  msg: NodeMessageInFlow;
  send(messages: NodeMessage | (NodeMessage | NodeMessage[] | null)[]): void;
  done(error?: Error): void;
  /** Its entry in the studio's journal, where one is kept. */
  entry?: string;
}

/** Ends a group of messages together: one of them carries the error, so that Catch fires once. */
export function endDeliveries(deliveries: readonly Delivery[], error?: Error): void {
  deliveries.forEach((delivery, index) => {
    if (error && index === deliveries.length - 1) delivery.done(error);
    else delivery.done();
  });
}

/** One piece of work of a node: the messages it answers, each of which ends exactly once. */
export class Job {
  readonly #controller = new AbortController();
  #isEnded = false;
  #failure: Error | undefined;

  /** @param deliveries one, or several that make up one result, in the order they came */
  constructor(readonly deliveries: readonly Delivery[]) {}

  /** The message that the result is based on: the last that came, as core `join` does. */
  get msg(): NodeMessageInFlow {
    return this.deliveries[this.deliveries.length - 1].msg;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** The error that it ended with. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** The text that the message is a piece of; undefined where it stands for itself. */
  get sequence(): string | undefined {
    return sequenceOf(this.msg);
  }

  /** Which piece of a text this is, where the message says so. */
  get piece(): Piece | undefined {
    const parts = this.deliveries.length === 1 ? partsOf(this.msg) : undefined;
    const { index, count } = parts ?? {};
    return Number.isInteger(index) && Number.isInteger(count)
      ? { index: index as number, count: count as number }
      : undefined;
  }

  /** Sends messages by the one output, in order. */
  send(messages: NodeMessage[]): void {
    const { send } = this.deliveries[this.deliveries.length - 1];
    send([messages]);
  }

  /** Ends every message of the job; calling it again does nothing. */
  end(error?: Error): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#failure = error;
    endDeliveries(this.deliveries, error);
  }

  /** Stops the work at once; the messages still have to be ended. */
  abort(why?: string): void {
    this.#controller.abort(cancelled(why));
  }
}
