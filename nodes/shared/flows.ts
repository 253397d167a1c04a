/** Which nodes messages of a node can reach, along wires, links and through subflows. */
import type { NodeAPI } from 'node-red';

interface Wired {
  id: string;
  type: string;
  z?: string;
  wires?: unknown;
  links?: unknown;
  mode?: unknown;
  /** Of a subflow template. */
  in?: unknown;
  out?: unknown;
}

export function reachable(flows: readonly Wired[], from: string): Set<string> {
  const next = successors(flows);
  const seen = new Set<string>();
  const open = [from];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const after of next.get(id) ?? []) {
      if (seen.has(after)) continue;
      seen.add(after);
      open.push(after);
    }
  }
  return seen;
}

function successors(flows: readonly Wired[]): Map<string, string[]> {
  const next = new Map<string, string[]>();
  const connect = (from: string, to: readonly string[]): void => {
    next.set(from, [...(next.get(from) ?? []), ...to]);
  };
  const instances = flows.filter(({ type }) => type.startsWith('subflow:'));
  for (const { id, type, wires, links, mode, in: inlets, out: outlets } of flows) {
    connect(id, strings(wires));
    if (type === 'link out' && mode !== 'return') connect(id, strings(links));
    // The message returns to the calling node.
    if (type === 'link call') connect(id, strings(links));
    if (type !== 'subflow') continue;
    for (const instance of instances.filter((one) => one.type === `subflow:${id}`)) {
      connect(instance.id, strings(inlets));
      for (const last of strings(outlets)) connect(last, strings(instance.wires));
    }
  }
  return next;
}

/** All ids in `[['id', …], …]`, `['id', …]` or `[{wires: [{id}]}, …]`. */
function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(strings);
  if (typeof value !== 'object' || value === null) return [];
  const { id, wires } = value as { id?: unknown; wires?: unknown };
  return [...strings(id), ...strings(wires)];
}

/** Keyed by the runtime's emitter: every node type has its own `RED`. */
const known = new WeakMap<NodeAPI['events'], Map<string, Set<string>>>();

/** Whether messages of one node can reach another one. */
export function leadsTo(RED: NodeAPI, from: string, to: string): boolean {
  return reachedFrom(RED, from).has(templateOf(RED, to));
}

/** Whether messages of a node can reach a node of this set. */
export function leadsToStage(RED: NodeAPI, from: string): boolean {
  return reachedFrom(RED, from).has(ANY_STAGE);
}

/** Stands for a node of this set. */
const ANY_STAGE = 'lipwire-';

/** Cached until the next deploy. */
function reachedFrom(RED: NodeAPI, from: string): Set<string> {
  let sets = known.get(RED.events);
  if (!sets) {
    const fresh = new Map<string, Set<string>>();
    RED.events.on('flows:stopped', () => fresh.clear());
    RED.events.on('flows:started', () => fresh.clear());
    known.set(RED.events, (sets = fresh));
  }
  const start = templateOf(RED, from);
  let set = sets.get(start);
  if (!set) {
    const nodes = allNodes(RED);
    const found = reachable(nodes, start);
    if (nodes.some(({ id, type }) => type.startsWith(ANY_STAGE) && found.has(id))) {
      found.add(ANY_STAGE);
    }
    sets.set(start, (set = found));
  }
  return set;
}

/** The id in the flow file; a node within a subflow's instance has another one. */
function templateOf(RED: NodeAPI, id: string): string {
  const node = RED.nodes.getNode(id) as { _alias?: string } | null;
  return node?._alias ?? id;
}

function allNodes(RED: NodeAPI): Wired[] {
  const nodes: Wired[] = [];
  RED.nodes.eachNode((config) => nodes.push(config as unknown as Wired));
  return nodes;
}

const waiting = new WeakMap<NodeAPI['events'], Set<() => void>>();

/** Calls back once, at the next start of flows. One listener for all: Node.js warns of more than ten. */
export function onceStarted({ events }: NodeAPI, callback: () => void): void {
  let callbacks = waiting.get(events);
  if (!callbacks) {
    const all = new Set<() => void>();
    events.on('flows:started', () => {
      const now = [...all];
      all.clear();
      for (const call of now) call();
    });
    waiting.set(events, (callbacks = all));
  }
  callbacks.add(callback);
}
