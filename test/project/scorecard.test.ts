/**
 * The rules of Node-RED's scorecard (`node-red-dev validate` 0.1.6) by their ids, as far as they can be
 * checked without a network. P02 is switched off there, P08 and N01 ask the catalogue.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(__dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

interface Manifest {
  name: string;
  license: string;
  repository: { url: string };
  bugs: { url: string };
  keywords: string[];
  engines: { node: string };
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
  'node-red': { version: string; nodes: Record<string, string> };
}

interface Lock {
  packages: Record<string, { version?: string; dev?: boolean }>;
}

const manifest = JSON.parse(read('package.json')) as Manifest;
const types = Object.keys(manifest['node-red'].nodes);
const all = { ...manifest.dependencies, ...manifest.optionalDependencies };

/** Whether a version is within a range of the form `>=1.2.3`. */
function isWithin(version: string, range: string): boolean {
  const least = /^>=(\d+(?:\.\d+)*)$/.exec(range)?.[1];
  assert.ok(least, `${range} is no lower limit alone`);
  const [own, limit] = [version, least].map((text) => text.split('.').map(Number));
  const index = [0, 1, 2].find((part) => (own[part] ?? 0) !== (limit[part] ?? 0));
  return index === undefined || (own[index] ?? 0) > (limit[index] ?? 0);
}

describe('The scorecard of Node-RED', () => {
  it('P01: a licence by its SPDX name, and its text', () => {
    assert.equal(manifest.license, 'Apache-2.0');
    assert.match(read('LICENSE'), /Apache License\s+Version 2\.0/);
  });

  it('P03: a repository, and a place for bugs', () => {
    assert.match(manifest.repository.url, /^git\+https:\/\/.+\.git$/);
    assert.match(manifest.bugs.url, /^https:\/\/.+\/issues$/);
  });

  it('P04: a scoped name', () => {
    assert.match(manifest.name, /^@[a-z\d][\w.-]+\/node-red-[a-z\d][\w.-]*$/);
  });

  it('P05: the keyword by which Node-RED finds its nodes', () => {
    assert.ok(manifest.keywords.includes('node-red'));
    assert.equal(new Set(manifest.keywords).size, manifest.keywords.length);
  });

  it('P06: both lines of Node-RED that are maintained', () => {
    for (const version of ['4.1.0', '5.0.0']) {
      assert.ok(isWithin(version, manifest['node-red'].version), version);
    }
  });

  it('P07: the oldest Node.js of each of them', () => {
    // Node-RED 5 needs 22.9; 20.9 is the oldest that sharp takes.
    for (const version of ['20.9.0', '22.9.0']) assert.ok(isWithin(version, manifest.engines.node));
    assert.equal(isWithin('20.8.1', manifest.engines.node), false);
  });

  it('N01: types under a prefix of our own, each once', () => {
    for (const type of types) assert.match(type, /^lipwire-[a-z\d-]+$/);
    assert.equal(new Set(types).size, types.length);
  });

  it('N02: definitions that it can read, and an example for each node', () => {
    const flows = readdirSync(path.join(root, 'examples/flows')).map(
      (file) => JSON.parse(read(`examples/flows/${file}`)) as { type: string }[],
    );
    const used = new Set(flows.flat().map(({ type }) => type));
    for (const type of types) {
      const name = type.replace('lipwire-', '');
      // The editor's code is a bundled module; the file beside the node has the template and names it.
      const html = read(`dist/nodes/${name}/node.html`);
      assert.ok(html.includes(`data-template-name="${type}"`), type);
      assert.ok(html.includes(`/nodes/${name}.js"`), type);
      const code = read(`resources/nodes/${name}.js`);
      assert.ok(code.includes(`"${name}"`) || code.includes(`"${type}"`), type);
      if (!code.includes('category:"config"')) assert.ok(used.has(type), `no example has ${type}`);
    }
  });

  it('D01: at most six dependencies, six more that are optional, and a reason for each', () => {
    assert.ok(Object.keys(manifest.dependencies).length <= 6);
    assert.ok(Object.keys(manifest.optionalDependencies).length <= 6);
    for (const name of Object.keys(all)) {
      const reason = new RegExp(`^\\| \\[?\`${name}\`[^|]*\\| +\\w+.* `, 'm');
      assert.match(read('docs/design.md'), reason, name);
    }
  });

  it('D02: nothing in the tree that breaks Node-RED (agent-base before 6)', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as Lock;
    const found = Object.entries(packages).filter(
      ([place, { dev, version }]) =>
        place.endsWith('node_modules/agent-base') && !dev && Number.parseInt(version!) < 6,
    );
    assert.deepEqual(found, []);
  });

  it('D03: ranges that take the newest of what is installed here', () => {
    for (const [name, range] of Object.entries(all)) {
      assert.match(range, /^\^\d+\.\d+\.\d+$/, name);
      const file = `node_modules/${name}/package.json`;
      if (!existsSync(path.join(root, file))) continue;
      const { version } = JSON.parse(read(file)) as { version: string };
      const [major, least] = [version, range.slice(1)].map((text) => Number.parseInt(text));
      assert.equal(major, least, name);
      assert.ok(isWithin(version, `>=${range.slice(1)}`), name);
    }
  });
});
