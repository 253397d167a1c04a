/** One piece of work of a node: the messages it answers, and the promise that each ends once. */
import type { NodeMessage, NodeMessageInFlow } from 'node-red';
import { cancelled } from '../../src/contract';
import { partsOf, sequenceOf } from './parts';
import type { Piece } from './status';

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
