/**
 * What the seven stage nodes share: for each message, parameters are resolved, the studio runs the
 * stage, the result is sent, and the message ends exactly once.
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
import {
  type TextValues,
  firstNote,
  outcomeOf,
  StatusReporter,
  type JobStatus,
  sharedTexts,
} from './status';
import { type NodeStudio, leaseStudio, type StudioLease } from './studios';
import { settingsFor } from './typed-settings';
import { board, type JobWatch, notesOf, resultOf, secondsOf, textOf } from './job-board';
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

interface NodeContext {
  RED: NodeAPI;
  node: Node;
  config: StageNodeConfig;
  status: StatusReporter;
  /** @throws E_INPUT when the node names a missing studio */
  studio(): NodeStudio;
  /** Starts a job of gathered messages. */
  start(deliveries: Delivery[]): void;
}

interface StageRequest<S extends StageName> {
  /** The message that the result is based on; never changed. */
  msg: NodeMessageInFlow;
  /** All messages of the job. */
  messages: NodeMessageInFlow[];
  parameters: StageParameters<S>;
  files: FileTaker;
  studio: NodeStudio;
}

/** The text of a status; `note` follows it untranslated. */
interface Summary {
  key: string;
  values?: TextValues;
  note?: string;
}

interface StageNodeParts<S extends StageName> {
  /** Sources of parameters between the message's properties and the settings. */
  sources?(msg: NodeMessage): ParameterSource[];
  /** The stage's input. @throws LipwireError */
  input(request: StageRequest<S>): Promise<StageInput<S>> | StageInput<S>;
  /** The messages to send: shallow copies of the old one with the result. */
  output(
    result: StageOutput<S>,
    request: StageRequest<S>,
    input: StageInput<S>,
  ): NodeMessage | NodeMessage[] | Promise<NodeMessage>;
  summary?(result: StageOutput<S>, request: StageRequest<S>): Summary;
  /** Gathers messages until they are a job; without it every message is one. @throws LipwireError */
  gather?(delivery: Delivery): Promise<void> | void;
  /** Gives up gathered messages, except of one sequence; the caller ends them. */
  release?(except?: string): Delivery[][];
  /** On `msg.reset`, after all jobs were cancelled. */
  reset?(): void;
  /** Ends what outlives jobs, such as published streams. */
  close?(): void;
}

/**
 * Node-RED clones a message for Catch and Complete nodes, and throws where that fails, as for one that
 * is nested thousands of levels deep. That must not end the process.
 */
function guarded(node: Node, delivery: Delivery): Delivery {
  const done = (error?: Error): void => {
    try {
      delivery.done(error);
    } catch {
      // Catch gets the message's id, and what answers an HTTP request.
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
    this.#parts = prepare({
      ...{ RED, node, config, status },
      studio: () => this.#studio(),
      start: (deliveries) => this.#start(new Job(deliveries)),
    });
  }

  receive(received: Delivery): void {
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

  /** Without errors, as core nodes do: a deploy is none. */
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

  /** Ends gathered messages, except of one sequence. */
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

  /** Ends a failed job, and reports the lost part of a sequence. A closed node reports no error. */
  #end(job: Job, error: LipwireError): void {
    if (job.isEnded) return;
    job.end(this.#isClosed ? undefined : error);
    // Gathered messages are pieces of a sequence; their result is a piece of the outer one.
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
      // A cancelled job has been answered already.
      if (job.isEnded) return status.end(outcomeOf(job.failure));
      const messages = await this.#parts.output(result, request, input);
      if (job.isEnded) return status.end(outcomeOf(job.failure));
      const list = Array.isArray(messages) ? messages : [messages];
      this.#journal?.handOver(job.deliveries, list);
      watch.made(resultOf(stage, result, input, list));
      const made = { stage, studio: config.studio, result };
      lastResults.set(node, made, input, list[0]?.payload);
      job.send(list);
      const note = firstNote(notesOf(result));
      status.end({ type: 'done', ...note, ...this.#parts.summary?.(result, request) });
      job.end();
    } catch (error) {
      status.end(outcomeOf(job.failure ?? error));
      this.#end(job, toLipwireError(error));
    }
  }

  /**
   * @param stepAside called before a download
   * @throws E_INPUT naming the wrong message property or setting
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
