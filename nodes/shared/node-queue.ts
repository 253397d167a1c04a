/** The queue policy of a node: what happens to messages that come while it works. */
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

/** Settings that all stage nodes share. */
export const QUEUE = {
  queuePolicy: {
    type: 'choice',
    default: 'wait',
    of: ['wait', 'dropNewest', 'dropOldest', 'replace'],
    since: 2,
    fixed: true,
    icon: 'fa-list-ol',
  },
  /** Most waiting messages. */
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

/** Replaced texts that are remembered for their late messages. */
const REPLACED = 100;

/** Most waiting messages, and what errors call the limit. */
interface Limit {
  most: number;
  name: string;
}

/** The jobs of one node that have not ended. */
export class NodeQueue {
  readonly #jobs = new Set<Job>();
  /** Not started, oldest first. */
  readonly #waiting = new Set<Job>();
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

  get jobs(): Job[] {
    return [...this.#jobs];
  }

  /**
   * Adds a job, and drops others as the policy says.
   * @throws E_BUSY naming the limit, E_CANCELLED for a replaced text: the new job is refused
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

  begin(job: Job): void {
    this.#waiting.delete(job);
  }

  end(job: Job): void {
    this.#jobs.delete(job);
    this.#waiting.delete(job);
  }

  /** Whether a message replaces those of other texts. @throws E_CANCELLED for one of a replaced text */
  replaces(sequence: string | undefined): boolean {
    if (this.#settings().queuePolicy !== 'replace') return false;
    if (sequence !== undefined && this.#replaced.has(sequence)) throw replacedError();
    return true;
  }

  /** Remembers replaced texts. */
  forget(sequences: readonly (string | undefined)[]): void {
    for (const sequence of sequences) {
      if (sequence !== undefined) this.#replaced.add(sequence);
    }
    for (const oldest of this.#replaced) {
      if (this.#replaced.size <= REPLACED) break;
      this.#replaced.delete(oldest);
    }
  }

  /** Waiting jobs; where none has started, the first counts as started. */
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

/** Most messages that a node may hold by Node-RED's settings; Infinity without the setting. */
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

/** The arguments of a node's input handler. */
export interface Delivery {
  msg: NodeMessageInFlow;
  send(messages: NodeMessage | (NodeMessage | NodeMessage[] | null)[]): void;
  done(error?: Error): void;
  /** Its entry in the studio's journal. */
  entry?: string;
}

/** Ends a group of messages; only the last carries the error, so that Catch fires once. */
export function endDeliveries(deliveries: readonly Delivery[], error?: Error): void {
  for (const delivery of deliveries)
    delivery.done(delivery === deliveries.at(-1) ? error : undefined);
}

/** A job of a node. Each of its messages ends exactly once. */
export class Job {
  readonly #controller = new AbortController();
  #isEnded = false;
  #failure: Error | undefined;

  /** @param deliveries one, or several of one result, in order of arrival */
  constructor(readonly deliveries: readonly Delivery[]) {}

  /** The message that the result is based on: the last, as in core `join`. */
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

  get sequence(): string | undefined {
    return sequenceOf(this.msg);
  }

  get piece(): Piece | undefined {
    const parts = this.deliveries.length === 1 ? partsOf(this.msg) : undefined;
    const { index, count } = parts ?? {};
    return Number.isInteger(index) && Number.isInteger(count)
      ? { index: index as number, count: count as number }
      : undefined;
  }

  send(messages: NodeMessage[]): void {
    const { send } = this.deliveries[this.deliveries.length - 1];
    send([messages]);
  }

  /** Ends every message of the job. Idempotent. */
  end(error?: Error): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#failure = error;
    endDeliveries(this.deliveries, error);
  }

  /** Stops the work; does not end the messages. */
  abort(why?: string): void {
    this.#controller.abort(cancelled(why));
  }
}
