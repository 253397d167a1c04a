/**
 * What the seven stage nodes have in common: a message comes, its settings are resolved, the studio
 * runs the stage, the result leaves, and every message is ended exactly once, whatever happens.
 */
import type { Node, NodeAPI, NodeDef, NodeMessage, NodeMessageInFlow } from 'node-red';
import { cancelled, isCancelled, toLipwireError, type Progress } from '../../src/media';
import {
  objectSource,
  resolveParameters,
  STAGE_PARAMETERS,
  type ParameterSource,
  type ParameterTable,
  type StageInput,
  type StageName,
  type StageOutput,
  type StageParameters,
} from '../../src/stages';
import { fileTaker, type FileTaker } from './files';
import { Job, type Delivery } from './job';
import { StatusReporter, type JobStatus, type Outcome } from './status';
import { leaseStudio, type NodeStudio, type StudioLease } from './studios';
import { sharedTexts, type TextValues } from './texts';

export interface StageNodeConfig extends NodeDef {
  /** Id of the studio config node; empty: the shared studio. */
  studio?: string;
  /** The settings, by the names in src/stages/parameters.ts. */
  [setting: string]: unknown;
}

/** What a node knows before the first message comes. */
export interface NodeContext {
  RED: NodeAPI;
  node: Node;
  config: StageNodeConfig;
  status: StatusReporter;
  /** The node's studio. @throws E_INPUT when it names one that is not there */
  studio(): NodeStudio;
}

/** One job as the node's own functions see it. */
export interface StageRequest<S extends StageName> {
  /** The message that the result is based on. It is never changed. */
  msg: NodeMessageInFlow;
  /** All messages that make up the job. */
  messages: NodeMessageInFlow[];
  parameters: StageParameters<S>;
  files: FileTaker;
  studio: NodeStudio;
}

/** What is special about one kind of node. */
export interface StageNodeParts<S extends StageName> {
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
  summary?(result: StageOutput<S>): { key: string; values?: TextValues };
  /** Gathers messages until they make up a job; without it every message is one. */
  gather?(delivery: Delivery, run: (deliveries: Delivery[]) => void): void;
  /** Gives up what is gathered; the messages are then ended by the caller. */
  release?(): Delivery[][];
  /** Ends what outlives jobs, such as published streams. */
  close?(): void;
}

/** How long a closing node waits for its work to end, in milliseconds. */
const CLOSE_LIMIT = 2900;

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
    const runner = new StageRunner(RED, this, config, stage, prepare);
    this.on('input', (msg, send, done) => runner.receive(guarded(this, { msg, send, done })));
    // Two declared parameters: Node-RED counts them to know that it has to wait.
    this.on('close', (_removed: boolean, done: () => void) => {
      runner.close().then(done, done);
    });
  });
}

class StageRunner<S extends StageName> {
  readonly #RED: NodeAPI;
  readonly #config: StageNodeConfig;
  readonly #stage: S;
  readonly #status: StatusReporter;
  readonly #parts: StageNodeParts<S>;
  readonly #jobs = new Map<Job, Promise<void>>();
  #lease: StudioLease | undefined;
  /** Inputs are read one after the other, so that messages reach the studio in the order they came. */
  #reading: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(
    RED: NodeAPI,
    node: Node,
    config: StageNodeConfig,
    stage: S,
    prepare: (context: NodeContext) => StageNodeParts<S>,
  ) {
    this.#RED = RED;
    this.#config = config;
    this.#stage = stage;
    const status = new StatusReporter((update) => node.status(update), sharedTexts(RED));
    this.#status = status;
    this.#parts = prepare({ RED, node, config, status, studio: () => this.#studio() });
  }

  receive(delivery: Delivery): void {
    // It was on its way while the node was closed.
    if (this.#isClosed) return delivery.done();
    if (Object.hasOwn(delivery.msg, 'reset')) {
      this.#reset();
      delivery.done();
      return;
    }
    try {
      if (this.#parts.gather) this.#parts.gather(delivery, (group) => this.#start(group));
      else this.#start([delivery]);
    } catch (error) {
      this.#status.start().end(outcomeOf(error));
      delivery.done(toLipwireError(error));
    }
  }

  /** Ends quietly, as core nodes do: a deploy is no error. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const work = [...this.#jobs.values()];
    for (const group of this.#parts.release?.() ?? []) for (const { done } of group) done();
    for (const job of this.#jobs.keys()) {
      job.abort('The node was closed before the job was done.');
      job.end();
    }
    this.#status.close();
    this.#parts.close?.();
    await withinLimit(Promise.allSettled([...work, this.#lease?.release()]));
  }

  /** Cancels everything; each message, or group of messages, ends with E_CANCELLED. */
  #reset(): void {
    const error = cancelled('The job was cancelled by msg.reset.');
    const groups = this.#parts.release?.() ?? [];
    for (const group of groups) new Job(group).end(error);
    if (groups.length > 0) this.#status.start().end({ type: 'cancelled' });
    for (const job of this.#jobs.keys()) {
      job.abort(error.message);
      job.end(error);
    }
  }

  #start(deliveries: Delivery[]): void {
    const job = new Job(deliveries);
    const status = this.#status.start(job.piece);
    const work = this.#run(job, status).finally(() => this.#jobs.delete(job));
    this.#jobs.set(job, work);
  }

  /** Never rejects. */
  async #run(job: Job, status: JobStatus): Promise<void> {
    try {
      const request = this.#request(job);
      const reading = this.#reading.then(() => this.#parts.input(request));
      this.#reading = reading.catch(() => undefined);
      const input = await reading;
      job.signal.throwIfAborted();
      const result = await request.studio.run(this.#stage, input, request.parameters, {
        signal: job.signal,
        priority: priorityOf(job.msg),
        onProgress: (progress: Progress) => status.update(progress),
      });
      // A job that was cancelled meanwhile has already been answered.
      if (job.isEnded) return status.end({ type: 'cancelled' });
      const messages = await this.#parts.output(result, request, input);
      if (job.isEnded) return status.end({ type: 'cancelled' });
      job.send(messages);
      status.end({ type: 'done', ...this.#parts.summary?.(result) });
      job.end();
    } catch (error) {
      status.end(outcomeOf(error));
      job.end(this.#isClosed ? undefined : toLipwireError(error));
    }
  }

  #request(job: Job): StageRequest<S> {
    const { msg } = job;
    const table = STAGE_PARAMETERS[this.#stage] as ParameterTable;
    const parameters = resolveParameters(table, [
      objectSource('msg.', msg),
      ...(this.#parts.sources?.(msg) ?? []),
      objectSource('the setting ', this.#config),
    ]) as StageParameters<S>;
    const studio = this.#studio();
    const files = fileTaker(userFolder(this.#RED), (bytes) => studio.keepFile(bytes));
    return { msg, messages: job.deliveries.map((each) => each.msg), parameters, files, studio };
  }

  #studio(): NodeStudio {
    this.#lease ??= leaseStudio(this.#RED, this.#config.studio);
    return this.#lease.studio;
  }
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

/** Where relative paths start: Node-RED's user directory. */
export function userFolder(RED: NodeAPI): string {
  return RED.settings.userDir ?? process.cwd();
}

/** `msg.priority`, where it is a number: higher runs first. */
function priorityOf(msg: NodeMessage): number {
  const given = msg['priority'];
  const priority = typeof given === 'string' ? Number(given) : given;
  return typeof priority === 'number' && Number.isFinite(priority) ? priority : 0;
}

function outcomeOf(error: unknown): Outcome {
  const { code } = toLipwireError(error);
  return isCancelled(error) ? { type: 'cancelled' } : { type: 'failed', code };
}

/** Waits for the promise, but not for ever. */
async function withinLimit(promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSE_LIMIT);
  });
  await Promise.race([promise, limit]);
  clearTimeout(timer);
}
