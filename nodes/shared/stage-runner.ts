import type { Node, NodeAPI } from 'node-red';
import { cancelled, toLipwireError, type LipwireError } from '../../src/contract';
import { Job, type Delivery } from './job';
import { board, type JobWatch } from './job-board';
import { resultOf, secondsOf, textOf } from './job-facts';
import { journalOf, NodeJournal } from './journal';
import { bufferLimit, NodeQueue, replacedError } from './node-queue';
import { tellLostPart } from './part-news';
import { sequenceOf, withOuterParts } from './parts';
import { outcomeOf, withinLimit } from './ending';
import { ReadingLine } from './reading-line';
import { lastResults } from './last-results';
import { priorityOf, requestOf } from './stage-request';
import type { NodeContext, StageNodeConfig, StageNodeParts } from './stage-types';
import { StatusReporter, type JobStatus } from './status';
import { leaseStudio, type NodeStudio, type StudioLease } from './studios';
import { sharedTexts } from './texts';
import type { StageName } from '../../src/stages';

/** How long a closing node waits for its work to end, in milliseconds. */
const CLOSE_LIMIT = 2900;

/** The work of one stage node. */
export class StageRunner<S extends StageName> {
  readonly #status: StatusReporter;
  readonly #parts: StageNodeParts<S>;
  readonly #queue: NodeQueue;
  readonly #journal: NodeJournal | undefined;
  readonly #work = new Set<Promise<void>>();
  #lease: StudioLease | undefined;
  readonly #line = new ReadingLine();
  #isClosed = false;

  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly config: StageNodeConfig,
    private readonly stage: S,
    prepare: (context: NodeContext) => StageNodeParts<S>,
  ) {
    const status = new StatusReporter((update) => node.status(update), sharedTexts(RED));
    this.#status = status;
    this.#queue = new NodeQueue(config, bufferLimit(RED), (job, error) => this.#stop(job, error));
    const journal = journalOf(RED, config.studio);
    if (journal) this.#journal = new NodeJournal(RED, node, journal);
    const studio = (): NodeStudio => this.#studio();
    const start = (deliveries: Delivery[]): void => this.#start(new Job(deliveries));
    this.#parts = prepare({ RED, node, config, status, studio, start });
  }

  receive(received: Delivery): void {
    // It was on its way while the node was closed.
    if (this.#isClosed) return received.done();
    if (Object.hasOwn(received.msg, 'reset')) {
      this.#reset();
      return received.done();
    }
    if (this.#journal && Object.hasOwn(received.msg, 'resume')) {
      this.#journal.resume();
      return received.done();
    }
    const delivery = this.#journal ? this.#journal.accept(received) : received;
    if (!delivery) return received.done();
    try {
      if (!this.#parts.gather) return this.#start(new Job([delivery]));
      const sequence = sequenceOf(delivery.msg);
      if (this.#queue.replaces(sequence)) this.#release(replacedError(), sequence);
      const gathered = this.#parts.gather(delivery);
      gathered?.catch((error: unknown) => this.#refuse([delivery], error));
    } catch (error) {
      this.#refuse([delivery], error);
    }
  }

  /** Ends quietly, as core nodes do: a deploy is no error. */
  async close(removed: boolean): Promise<void> {
    this.#isClosed = true;
    if (removed) lastResults.forget(this.node.id);
    this.#journal?.close(removed);
    const work = [...this.#work];
    this.#cancelAll(cancelled('The node was closed before the job was done.'));
    this.#status.close();
    this.#parts.close?.();
    await withinLimit(Promise.allSettled([...work, this.#lease?.release()]), CLOSE_LIMIT);
  }

  /** Cancels everything; each message, or group of messages, ends with E_CANCELLED. */
  #reset(): void {
    this.#cancelAll(cancelled('The job was cancelled by msg.reset.'));
    this.#journal?.discard();
    this.#parts.reset?.();
  }

  #cancelAll(error: LipwireError): void {
    this.#release(error);
    for (const job of this.#queue.jobs) this.#stop(job, error);
  }

  /** Ends what is gathered, except for that text. */
  #release(error: LipwireError, except?: string): void {
    const groups = this.#parts.release?.(except) ?? [];
    this.#queue.forget(groups.map(([first]) => first && sequenceOf(first.msg)));
    for (const group of groups) this.#end(new Job(group), error);
    if (groups.length > 0) this.#status.start().end({ type: 'cancelled' });
  }

  #stop(job: Job, error: LipwireError): void {
    this.#queue.end(job);
    job.abort(error.message);
    this.#end(job, error);
  }

  #start(job: Job): void {
    try {
      this.#queue.add(job);
    } catch (error) {
      return this.#refuse(job.deliveries, error);
    }
    const status = this.#status.start(job.piece);
    const { node, stage } = this;
    const text = textOf(job.deliveries.map(({ msg }) => msg));
    const watch = board.add({
      node: { id: node.id, name: node.name },
      stage,
      text,
      stop: (error) => this.#stop(job, error),
    });
    const work = this.#run(job, status, watch).finally(() => {
      watch.end(job.failure);
      this.#queue.end(job);
      this.#work.delete(work);
    });
    this.#work.add(work);
  }

  #refuse(deliveries: readonly Delivery[], thrown: unknown): void {
    this.#status.start().end(outcomeOf(thrown));
    this.#end(new Job(deliveries), toLipwireError(thrown));
  }

  /** Ends a job that failed, and tells those who wait for its result. A closed node is quiet. */
  #end(job: Job, error: LipwireError): void {
    if (job.isEnded) return;
    job.end(this.#isClosed ? undefined : error);
    // What stitch gathers are the pieces of its text; its result is a piece of what that came from.
    const whole = job.deliveries.length > 1 ? withOuterParts(job.msg) : job.msg;
    tellLostPart(this.node.id, whole, error);
  }

  /** Never rejects. */
  async #run(job: Job, status: JobStatus, watch: JobWatch): Promise<void> {
    const { RED, node, stage, config } = this;
    try {
      const studio = this.#studio();
      const { request, input } = await this.#line.next(async (stepAside) => {
        job.signal.throwIfAborted();
        const place = { RED, node, stage, config, parts: this.#parts, studio, stepAside };
        const request = await requestOf(place, job);
        return { request, input: await this.#parts.input(request) };
      }, job.signal);
      job.signal.throwIfAborted();
      watch.takes(secondsOf(stage, input));
      const result = await request.studio.run(stage, input, request.parameters, {
        signal: job.signal,
        priority: priorityOf(job.msg),
        observe: (event) => {
          if (event.type === 'started') this.#queue.begin(job);
          if (event.type === 'progress') status.update(event.progress);
          watch.observe(event);
        },
      });
      // A job that was cancelled meanwhile has already been answered.
      if (job.isEnded) return status.end(outcomeOf(job.failure));
      const messages = await this.#parts.output(result, request, input);
      if (job.isEnded) return status.end(outcomeOf(job.failure));
      const list = Array.isArray(messages) ? messages : [messages];
      this.#journal?.handOver(job.deliveries, list);
      watch.made(resultOf(stage, result, input, list));
      const made = { stage, studio: config.studio, result };
      lastResults.set(node, made, input, list[0]?.payload);
      job.send(list);
      status.end({ type: 'done', ...this.#parts.summary?.(result, request) });
      job.end();
    } catch (error) {
      status.end(outcomeOf(job.failure ?? error));
      this.#end(job, toLipwireError(error));
    }
  }

  #studio(): NodeStudio {
    this.#lease ??= leaseStudio(this.RED, this.config.studio);
    return this.#lease.studio;
  }
}
