/**
 * What the seven stage nodes have in common: a message comes, its settings are resolved, the studio
 * runs the stage, the result leaves, and every message is ended exactly once, whatever happens.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Node, NodeAPI, NodeDef, NodeMessage, NodeMessageInFlow } from 'node-red';
import { upToDate } from './node-settings';
import {
  type StageName,
  type StageInput,
  type StageOutput,
  type StageParameters,
  STAGES,
} from '../../src/stages';
import {
  type ParameterSource,
  objectSource,
  resolveParameters,
  type ParameterTable,
  cancelled,
  toLipwireError,
  type LipwireError,
} from '../../src/contract';
import { type FileTaker, fileTaker, userFolder } from './files';
import { type Delivery, Job, bufferLimit, NodeQueue, replacedError } from './node-queue';
import { type TextValues, outcomeOf, StatusReporter, type JobStatus, sharedTexts } from './status';
import { type NodeStudio, leaseStudio, type StudioLease } from './studios';
import { settingsFor } from './typed-settings';
import { board, type JobWatch, resultOf, secondsOf, textOf } from './job-board';
import { journalOf, NodeJournal } from './journal';
import { tellLostPart, sequenceOf, withOuterParts } from './parts';
import { ReadingLine } from './reading-line';
import { lastResults } from './last-results';

export interface StageNodeConfig extends NodeDef {
  /** Id of the studio config node; empty: the shared studio. */
  studio?: string;
  /** The settings, by the names of the stage's parameters. */
  [setting: string]: unknown;
}

/** What a node knows before the first message comes. */
interface NodeContext {
  RED: NodeAPI;
  node: Node;
  config: StageNodeConfig;
  status: StatusReporter;
  /** The node's studio. @throws E_INPUT when it names one that is not there */
  studio(): NodeStudio;
  /** Starts a job that is made up of these messages; for nodes that gather them. */
  start(deliveries: Delivery[]): void;
}

/** One job as the node's own functions see it. */
interface StageRequest<S extends StageName> {
  /** The message that the result is based on. It is never changed. */
  msg: NodeMessageInFlow;
  /** All messages that make up the job. */
  messages: NodeMessageInFlow[];
  parameters: StageParameters<S>;
  files: FileTaker;
  studio: NodeStudio;
}

/** The text of a status, and a name that follows it, the same in every language. */
interface Summary {
  key: string;
  values?: TextValues;
  note?: string;
}

/** What is special about one kind of node. */
interface StageNodeParts<S extends StageName> {
  /** Further sources of parameters, between the message's own properties and the settings. */
  sources?(msg: NodeMessage): ParameterSource[];
  /** Turns the message into what the stage takes. @throws LipwireError */
  input(request: StageRequest<S>): Promise<StageInput<S>> | StageInput<S>;
  /** The messages to send: shallow copies of the old one with the result in them. */
  output(
    result: StageOutput<S>,
    request: StageRequest<S>,
    input: StageInput<S>,
  ): NodeMessage | NodeMessage[] | Promise<NodeMessage>;
  /** What the status says at the end. */
  summary?(result: StageOutput<S>, request: StageRequest<S>): Summary;
  /** Gathers messages until they make up a job; without it every message is one. @throws LipwireError */
  gather?(delivery: Delivery): Promise<void> | void;
  /** Gives up what is gathered, except for that sequence; the messages are then ended by the caller. */
  release?(except?: string): Delivery[][];
  /** Told of `msg.reset`, beside what is cancelled anyway. */
  reset?(): void;
  /** Ends what outlives jobs, such as published streams. */
  close?(): void;
}

/**
 * Node-RED copies a message for Catch and Complete nodes, and fails where that cannot be done, as
 * with one that is nested thousands of levels deep. That must not end the process.
 */
function guarded(node: Node, delivery: Delivery): Delivery {
  const done = (error?: Error): void => {
    try {
      delivery.done(error);
    } catch {
      // Catch gets what identifies the message, and what answers it where it came over HTTP.
      const { _msgid, req, res } = delivery.msg as NodeMessageInFlow & {
        req?: unknown;
        res?: unknown;
      };
      const bare = { _msgid, ...(req !== undefined && { req, res }) };
      node.error(error ?? new Error('A message that cannot be copied ended.'), bare);
    }
  };
  return { ...delivery, done };
}

/** `msg.priority`, where it is a number: higher runs first. */
export function priorityOf(msg: NodeMessage): number {
  const given = msg['priority'];
  const priority = typeof given === 'string' ? Number(given) : given;
  return typeof priority === 'number' && Number.isFinite(priority) ? priority : 0;
}

/**
 * Registers a stage node's type with Node-RED.
 * @param prepare makes a node's own functions; it must not throw
 */
export function registerStageNode<S extends StageName>(
  RED: NodeAPI,
  stage: S,
  prepare: (context: NodeContext) => StageNodeParts<S>,
): void {
  RED.nodes.registerType(`lipwire-${stage}`, function (this: Node, config: StageNodeConfig) {
    RED.nodes.createNode(this, config);
    const runner = new StageRunner(RED, this, upToDate(config), stage, prepare);
    this.on('input', (msg, send, done) => runner.receive(guarded(this, { msg, send, done })));
    // Two declared parameters: Node-RED counts them to know that it has to wait.
    this.on('close', (removed: boolean, done: () => void) => {
      runner.close(removed).then(done, done);
    });
  });
}

/** How long a closing node waits for its work to end, in milliseconds. */
const CLOSE_LIMIT = 2900;

/** The work of one stage node. */
class StageRunner<S extends StageName> {
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
    const ended = Promise.allSettled([...work, this.#lease?.release()]);
    await Promise.race([ended, sleep(CLOSE_LIMIT, undefined, { ref: false })]);
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
    const { node, stage, config } = this;
    try {
      const studio = this.#studio();
      const { request, input } = await this.#line.next(async (stepAside) => {
        job.signal.throwIfAborted();
        const request = await this.#request(job, studio, stepAside);
        return { request, input: await this.#parts.input(request) };
      }, job.signal);
      job.signal.throwIfAborted();
      watch.takes(secondsOf(stage, input));
      const result = await studio.run(stage, input, request.parameters, {
        signal: job.signal,
        priority: priorityOf(job.msg),
        observe: (event) => {
          if (event.type === 'started') this.#queue.begin(job);
          status.observe(event);
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

  /**
   * One job with all that the node's own functions need.
   * @param stepAside called before something is fetched from the web, which may take long
   * @throws E_INPUT naming the message property or the setting that is wrong
   */
  async #request(job: Job, studio: NodeStudio, stepAside: () => void): Promise<StageRequest<S>> {
    const { RED, node, stage, config } = this;
    const { msg, deliveries } = job;
    const table = STAGES[stage].parameters as ParameterTable;
    const parameters = resolveParameters(table, [
      objectSource('msg.', msg),
      ...(this.#parts.sources?.(msg) ?? []),
      await settingsFor(RED, node, config, table, msg),
    ]) as StageParameters<S>;
    const files = fileTaker(userFolder(RED), {
      keepFile: (bytes) => studio.keepFile(bytes),
      fetchFile: (address, field) => {
        stepAside();
        return studio.fetchFile(address, field, job.signal);
      },
      mostBytes: studio.limits.bytes,
    });
    return { msg, messages: deliveries.map((each) => each.msg), parameters, files, studio };
  }

  #studio(): NodeStudio {
    this.#lease ??= leaseStudio(this.RED, this.config.studio);
    return this.#lease.studio;
  }
}
