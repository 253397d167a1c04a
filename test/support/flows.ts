/** Example flows, and small flows for tests. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT, type FlowNode } from './node-red';

const FOLDER = path.join(PROJECT, 'examples/flows');

export const EXAMPLES = readdirSync(FOLDER).sort();

/** An example by the beginning of its file name, for example `01`. */
export function example(number: string): FlowNode[] {
  const file = EXAMPLES.find((name) => name.startsWith(number));
  if (!file) throw new Error(`No example ${number}`);
  return JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8')) as FlowNode[];
}

/** The node of a flow with that name. */
export function named(flow: FlowNode[], name: string): FlowNode {
  const found = flow.find((node) => node.name === name);
  if (!found) throw new Error(`No node is named ${name}`);
  return found;
}

/** The same flow with another payload, or other properties, in its inject nodes. */
export function withText(flow: FlowNode[], payload: string): FlowNode[] {
  return flow.map((node) => (node.type === 'inject' ? { ...node, payload } : node));
}

/** The same flow with other environment variables of its tab. */
export function withEnvironment(flow: FlowNode[], values: Record<string, string>): FlowNode[] {
  const env = Object.entries(values).map(([name, value]) => ({ name, value, type: 'str' }));
  return flow.map((node) => {
    if (node.type !== 'tab') return node;
    const kept = (node['env'] as { name: string }[]).filter(({ name }) => !(name in values));
    return { ...node, env: [...kept, ...env] };
  });
}

/**
 * The same flow with less to do: fast speech, few pictures a second, a small portrait in place of the
 * avatar. For tests of what is around the pipeline.
 */
export function lighter(flow: FlowNode[], portrait: string): FlowNode[] {
  const changes: Record<string, Record<string, unknown>> = {
    'lipwire-tts': { rate: 320, lead: 0.05, pause: 0.05 },
    'lipwire-face-detect': { portraitType: 'str', portrait },
    'lipwire-wav2lip': { fps: 10 },
    'lipwire-stitch': { quality: 'draft', transitionLength: 0.1 },
  };
  return flow.map((node) => ({ ...node, ...changes[node.type] }));
}

/**
 * A flow that takes a message over HTTP, gives it to nodes in a row, and answers with what comes
 * out: 200 and the payload, or 500 and `msg.error`. The body of a request is the message.
 */
export function httpFlow(name: string, chain: Partial<FlowNode>[]): FlowNode[] {
  const id = (part: string | number): string => `${name}-${part}`;
  const place = { z: id('tab'), x: 100, y: 100 };
  const unpack = `
    const { message, bytes } = msg.payload;
    for (const field of bytes || []) message[field] = Buffer.from(message[field], 'base64');
    return Object.assign(message, { req: msg.req, res: msg.res, _msgid: msg._msgid });`;
  return [
    { id: id('tab'), type: 'tab', label: name },
    {
      id: id('in'),
      type: 'http in',
      ...place,
      url: `/${name}`,
      method: 'post',
      wires: [[id('unpack')]],
    },
    { id: id('unpack'), type: 'function', ...place, func: unpack, outputs: 1, wires: [[id(0)]] },
    ...chain.map((node, index) => ({
      id: id(index),
      type: 'junction',
      ...place,
      ...node,
      wires: [[index + 1 < chain.length ? id(index + 1) : id('ok')]],
    })),
    {
      id: id('ok'),
      type: 'function',
      ...place,
      outputs: 1,
      wires: [[id('out')]],
      func: 'msg.payload = { ...msg, req: undefined, res: undefined }; return msg;',
    },
    {
      id: id('catch'),
      type: 'catch',
      ...place,
      scope: null,
      uncaught: false,
      wires: [[id('error')]],
    },
    {
      id: id('error'),
      type: 'function',
      ...place,
      outputs: 1,
      wires: [[id('out')]],
      func: 'if (msg.res._res.headersSent) return null; msg.statusCode = 500; msg.payload = msg.error; return msg;',
    },
    { id: id('out'), type: 'http response', ...place, wires: [] },
  ];
}
