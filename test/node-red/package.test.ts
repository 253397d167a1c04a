import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { STAGE_NAMES } from '../../src/stages';
import { EXAMPLES } from '../support/flows';
import { PACKAGE, PROJECT, sharedNodeRed, type NodeRed } from '../support/node-red';

describe('The package in a real Node-RED', () => {
  let nodeRed: NodeRed;
  before(async function () {
    this.timeout(60_000);
    nodeRed = await sharedNodeRed();
  });

  it('registers a set for each node, without an error', async () => {
    const sets = (
      await nodeRed.json<
        { id: string; module: string; types: string[]; enabled: boolean; err?: unknown }[]
      >('/nodes')
    ).filter((set) => set.module === PACKAGE);
    const names = ['studio', ...STAGE_NAMES].map((name) => `lipwire-${name}`).sort();
    assert.deepEqual(sets.map(({ types }) => types.join()).sort(), names);
    for (const { enabled, err } of sets) assert.deepEqual([enabled, err], [true, undefined]);
  });

  it('lists each icon once, and serves it', async () => {
    const icons = (await nodeRed.json<Record<string, string[]>>('/icons'))[PACKAGE]!;
    assert.deepEqual(
      [...icons].sort(),
      ['studio', ...STAGE_NAMES].map((name) => `${name}.svg`).sort(),
    );
    const response = await fetch(`${nodeRed.url}/icons/${PACKAGE}/tts.svg`);
    assert.match(response.headers.get('content-type') ?? '', /svg/);
    assert.match(await response.text(), /<svg/);
  });

  it('serves the texts of every node', async () => {
    for (const name of ['studio', ...STAGE_NAMES]) {
      const texts = await nodeRed.json<Record<string, unknown>>(
        `/locales/${PACKAGE}/lipwire-${name}?lng=en-US`,
      );
      assert.ok(`lipwire-${name}` in texts, name);
    }
  });

  it('offers every example in the import menu', async () => {
    const route = `/library/examples/flows/${PACKAGE}/flows`;
    const listed = await nodeRed.json<{ fn: string }[]>(route);
    const names = EXAMPLES.map((file) => path.basename(file, '.json'));
    assert.deepEqual(
      listed.map(({ fn }) => fn),
      names,
    );
    const flow = await nodeRed.json<unknown>(`${route}/${encodeURIComponent(names[0]!)}`);
    const file = path.join(PROJECT, 'examples/flows', EXAMPLES[0]!);
    assert.deepEqual(flow, JSON.parse(readFileSync(file, 'utf8')));
  });

  it('serves the script that the dialogs share', async () => {
    const response = await fetch(`${nodeRed.url}/resources/${PACKAGE}/editor/lipwire.js`);
    assert.equal(response.status, 200);
  });

  it('never loads a native library on the thread of Node-RED', () => {
    const maps = readFileSync(`/proc/${nodeRed.pid}/maps`, 'utf8');
    assert.ok(!/onnxruntime|sharp|libvips/.test(maps));
  }).timeout(5000);
});
