import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { STAGE_NAMES } from '../../src/stages';
import { EXAMPLES } from '../support/flows';
import { LANGUAGES } from '../support/languages';
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
    const icons = (await nodeRed.json<Record<string, string[]>>('/icons'))[PACKAGE];
    assert.deepEqual(
      [...icons].sort(),
      ['studio', ...STAGE_NAMES].map((name) => `${name}.svg`).sort(),
    );
    const response = await fetch(`${nodeRed.url}/icons/${PACKAGE}/tts.svg`);
    assert.match(response.headers.get('content-type') ?? '', /svg/);
    assert.match(await response.text(), /<svg/);
  });

  for (const language of LANGUAGES) {
    it(`serves the texts and the help of every node: ${language}`, async () => {
      const names = ['studio', ...STAGE_NAMES];
      const own = (name: string, kind: string): string =>
        readFileSync(
          path.join(PROJECT, 'dist/nodes', name, 'locales', language, `node.${kind}`),
          'utf8',
        );
      for (const name of names) {
        const route = `/locales/${PACKAGE}/lipwire-${name}?lng=${language}`;
        const texts = await nodeRed.json<Record<string, unknown>>(route);
        const key = `lipwire-${name}`;
        assert.deepEqual(texts[key], (JSON.parse(own(name, 'json')) as typeof texts)[key]);
      }
      const headers = { accept: 'text/html', 'accept-language': language };
      const html = await (await fetch(`${nodeRed.url}/nodes`, { headers })).text();
      for (const name of names) assert.ok(html.includes(own(name, 'html').trim()), name);
    });
  }

  it('offers every example in the import menu', async () => {
    const route = `/library/examples/flows/${PACKAGE}/flows`;
    const listed = await nodeRed.json<{ fn: string }[]>(route);
    const names = EXAMPLES.map((file) => path.basename(file, '.json'));
    assert.deepEqual(
      listed.map(({ fn }) => fn),
      names,
    );
    const flow = await nodeRed.json<unknown>(`${route}/${encodeURIComponent(names[0])}`);
    const file = path.join(PROJECT, 'examples/flows', EXAMPLES[0]);
    assert.deepEqual(flow, JSON.parse(readFileSync(file, 'utf8')));
  });

  it('serves the script that the dialogs share', async () => {
    const response = await fetch(`${nodeRed.url}/resources/${PACKAGE}/nodes/tts.js`);
    assert.equal(response.status, 200);
  });

  it('never loads a native library on the thread of Node-RED', () => {
    const maps = readFileSync(`/proc/${nodeRed.pid}/maps`, 'utf8');
    assert.ok(!/onnxruntime|sharp|libvips/.test(maps));
  }).timeout(5000);
});
