/** node-red-node-test-helper with types, and a studio to stand in for the engine where that would be slow. */
import { createRequire } from 'node:module';
import { EventEmitter } from 'node:events';
import type { Node, NodeAPI, NodeMessage, NodeStatus } from 'node-red';
import { cancelled, INPUT_LIMITS, type Progress } from '../../src/contract';
import { studioSettings } from '../../src/runtime/settings';
import { WebFiles } from '../../src/runtime/kept-files';
import type { RunOptions } from '../../src/runtime/types';
import type { NodeStudio } from '../../nodes/shared/studios';
import type { FlowNode } from './node-red';
import type { StageInput, StageName, StageOutput, StageParameters } from '../../src/stages';

type NodeModule = (RED: NodeAPI) => void;

interface TestHelper {
  init(runtime: string): void;
  load(modules: NodeModule[], flow: FlowNode[]): Promise<void>;
  unload(): Promise<void>;
  startServer(): Promise<void>;
  stopServer(): Promise<void>;
  settings(settings: Record<string, unknown>): void;
  getNode(id: string): Node;
  request(): { get(path: string): Promise<{ status: number; body: unknown }> };
}

const nodeRequire = createRequire(__filename);
export const helper = nodeRequire('node-red-node-test-helper') as TestHelper;
helper.init(nodeRequire.resolve('node-red'));

/** One run that a fake studio was asked for; the test decides how it ends. */
export interface AskedRun<S extends StageName = StageName> {
  stage: S;
  input: StageInput<S>;
  parameters: StageParameters<S>;
  options: RunOptions;
  progress(progress: Progress): void;
  resolve(output: StageOutput<S>): void;
  reject(error: unknown): void;
}

/** A studio that runs nothing: it notes what it is asked for, and cancels as the real one does. */
export class FakeStudio extends EventEmitter implements NodeStudio {
  readonly asked: AskedRun[] = [];
  readonly pinned = new Map<string, number>();
  /** Answers at once where it is set. */
  answer: ((run: AskedRun) => unknown) | undefined;

  run<S extends StageName>(
    stage: S,
    input: StageInput<S>,
    parameters: StageParameters<S>,
    options: RunOptions = {},
  ): Promise<StageOutput<S>> {
    return new Promise((resolve, reject) => {
      const progress = (update: Progress): void =>
        options.observe?.({ type: 'progress', progress: update });
      const run = { stage, input, parameters, options, progress, resolve, reject } as AskedRun<S>;
      options.signal?.addEventListener('abort', () => reject(cancelled()));
      this.asked.push(run as unknown as AskedRun);
      this.emit('asked', run);
      if (this.answer) resolve(this.answer(run as unknown as AskedRun) as StageOutput<S>);
    });
  }

  keepFile = async (bytes: Uint8Array): Promise<string> => `/kept/${bytes.length}`;

  readonly limits = INPUT_LIMITS;

  /** Accepts no web addresses. */
  fetchFile: NodeStudio['fetchFile'] = (address, field) =>
    new WebFiles(undefined as never, studioSettings({})).fetch(
      address,
      field,
      new AbortController().signal,
    );

  /** Nothing runs here that could be shown. */
  preview = (name: string): Promise<never> => Promise.reject(new Error(`no preview of a ${name}`));

  pin = (file: string): (() => void) => {
    this.pinned.set(file, (this.pinned.get(file) ?? 0) + 1);
    return () => this.pinned.set(file, (this.pinned.get(file) ?? 0) - 1);
  };

  /** Waits until so many runs were asked for. */
  async waitFor(count: number): Promise<AskedRun[]> {
    while (this.asked.length < count) {
      await new Promise((resolve) => this.once('asked', resolve));
    }
    return this.asked;
  }
}

/** The config node `studio` that holds a fake studio, as a node module. */
export function fakeStudioModule(studio: NodeStudio): NodeModule {
  return (RED) => {
    RED.nodes.registerType('lipwire-studio', function (this: Node, config: FlowNode) {
      RED.nodes.createNode(this, config as never);
      Object.assign(this, { openStudio: () => studio });
    } as never);
  };
}

export interface LoadedNode {
  node: Node;
  /** What left the node, in order. */
  sent: NodeMessage[];
  /** What Catch saw. */
  caught: (NodeMessage & { error: { code?: string; message: string } })[];
  /** Messages that ended without an error. */
  completed: NodeMessage[];
  statuses: NodeStatus[];
  /** Gives the node a message. */
  receive(msg: NodeMessage): void;
  /** Waits until so many messages have left, failed or ended. */
  settled(counts: { sent?: number; caught?: number; completed?: number }): Promise<void>;
}

/** Loads one node between a studio and probes for its output, Catch and Complete. */
export async function loadNode(
  nodeModule: NodeModule,
  config: Record<string, unknown> & { type: string },
  studio?: NodeStudio,
  more: FlowNode[] = [],
): Promise<LoadedNode> {
  // Node-RED takes a node without a place on the canvas for a config node.
  const place = { z: 'tab', x: 0, y: 0 };
  const flow: FlowNode[] = [
    { id: 'tab', type: 'tab', label: 'test' },
    { id: 'node', ...place, wires: [['out']], ...(studio && { studio: 'studio' }), ...config },
    { id: 'out', type: 'helper', ...place },
    { id: 'catch', type: 'catch', ...place, scope: ['node'], wires: [['caught']] },
    { id: 'caught', type: 'helper', ...place },
    { id: 'complete', type: 'complete', ...place, scope: ['node'], wires: [['completed']] },
    { id: 'completed', type: 'helper', ...place },
    ...more.map((each) => ({ ...place, ...each })),
    ...(studio ? [{ id: 'studio', type: 'lipwire-studio' }] : []),
  ];
  await helper.load([nodeModule, ...(studio ? [fakeStudioModule(studio)] : [])], flow);
  const changes = new EventEmitter();
  function collect<T>(id: string): T[] {
    const list: T[] = [];
    helper.getNode(id).on('input', (msg) => {
      list.push(msg as T);
      changes.emit('change');
    });
    return list;
  }
  const node = helper.getNode('node');
  const statuses: NodeStatus[] = [];
  (node as EventEmitter).on('call:status', (call: { args: [NodeStatus] }) =>
    statuses.push(call.args[0]),
  );
  const loaded = {
    node,
    sent: collect<NodeMessage>('out'),
    caught: collect<LoadedNode['caught'][number]>('caught'),
    completed: collect<NodeMessage>('completed'),
    statuses,
    receive: (msg: NodeMessage) => node.receive(msg),
  };
  const settled: LoadedNode['settled'] = async ({ sent = 0, caught = 0, completed = 0 }) => {
    const isThere = (): boolean =>
      loaded.sent.length >= sent &&
      loaded.caught.length >= caught &&
      loaded.completed.length >= completed;
    while (!isThere()) await new Promise((resolve) => changes.once('change', resolve));
  };
  return { ...loaded, settled };
}

/** A few turns of the event loop, for what must not happen. */
export async function quiet(milliseconds = 30): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}
