/** The Function nodes of the README do what it says: its own code runs here. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { example, lighter, named } from '../support/flows';
import { PROJECT, sharedNodeRed, type FlowNode, type NodeRed } from '../support/node-red';
import { smallAvatar } from '../support/portrait';

const readme = readFileSync(path.join(PROJECT, 'README.md'), 'utf8');

describe('The Function nodes of the README', function () {
  this.timeout(60_000);
  let nodeRed: NodeRed;
  let folder: string;
  let inFront: string;
  let behind: string;

  before(async () => {
    const blocks = [...readme.matchAll(/```js\n([^]*?)```/g)].map(([, code]) => code);
    assert.equal(blocks.length, 2);
    [inFront, behind] = blocks as [string, string];
    folder = await mkdtemp(path.join(tmpdir(), 'lipwire-readme-'));
    nodeRed = await sharedNodeRed();
  });
  after(() => folder && rm(folder, { recursive: true }));

  /** Example 01 with a Function node before its first node and one behind its last. */
  function flowAround(portrait: string, payload: unknown): FlowNode[] {
    const flow = lighter(example('01'), portrait);
    const code = (id: string, func: string, to: string): FlowNode => {
      return { id, type: 'function', z: flow[0].id, func, outputs: 1, x: 1, y: 1, wires: [[to]] };
    };
    const wired: Record<string, Partial<FlowNode>> = {
      text: { wires: [['before']], payload: JSON.stringify(payload), payloadType: 'json' },
      publish: { wires: [['behind']] },
    };
    return [
      ...flow.map((node) => ({ ...node, ...wired[node.name ?? ''] })),
      code('before', inFront, named(flow, 'split').id),
      code('behind', behind, named(flow, 'stream').id),
    ];
  }

  it('make a text of a sensor, and tell a screen what to show', async () => {
    const flow = flowAround(await smallAvatar(folder), { room: 'hall', temperature: 21.4 });
    const probe = await nodeRed.deployProbed(flow);
    await nodeRed.inject(named(flow, 'text').id);
    const [seen] = await probe.wait(1);
    const { msg } = seen;
    assert.equal(msg['topic'], 'hall/screen');
    assert.equal(msg['priority'], 0);
    const { state, page, seconds } = msg['payload'] as Record<string, unknown>;
    assert.equal(state, 'ready');
    assert.ok(Number.isInteger(seconds) && (seconds as number) >= 2 && (seconds as number) <= 8);
    const watch = await fetch(nodeRed.url + String(page));
    assert.equal(watch.status, 200);
    const facts = await fetch(new URL('stream.json', nodeRed.url + String(page)));
    const { title } = (await facts.json()) as { title: string };
    assert.equal(title, 'Good morning.');
  });
});
