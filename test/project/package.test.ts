/** What Node-RED's scorecard and a careful installer look for, without a network. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { LANGUAGES } from '../support/languages';

const root = path.resolve(__dirname, '../..');

interface Manifest {
  name: string;
  license: string;
  keywords: string[];
  engines: { node: string };
  bin: Record<string, string>;
  main: string;
  scripts: Record<string, string>;
  repository: unknown;
  bugs: unknown;
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
  'node-red': { version: string; nodes: Record<string, string> };
}

const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as Manifest;
const nodes = Object.entries(manifest['node-red'].nodes);

/** Files of the package as npm would publish it. */
function packedFiles(): string[] {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts', '--silent'];
  const output = execFileSync(npm, args, { cwd: root, encoding: 'utf8' });
  const report = JSON.parse(output.slice(output.indexOf('['))) as { files: { path: string }[] }[];
  return report.flatMap(({ files }) => files.map((file) => file.path));
}

describe('the package', () => {
  it('has what the scorecard asks for: scope, licence, repository, bugs, keyword, versions', () => {
    assert.match(manifest.name, /^@[a-z-]+\/node-red-[a-z-]+$/);
    assert.equal(manifest.license, 'Apache-2.0');
    assert.ok(existsSync(path.join(root, 'LICENSE')));
    assert.ok(manifest.repository && manifest.bugs);
    assert.ok(manifest.keywords.includes('node-red'));
    assert.equal(manifest['node-red'].version, '>=4.0.0');
    assert.equal(manifest.engines.node, '>=20.9');
  });

  it('has at most six run-time dependencies, two more that are optional, a reason for each', () => {
    const all = { ...manifest.dependencies, ...manifest.optionalDependencies };
    assert.ok(Object.keys(manifest.dependencies).length <= 6);
    assert.ok(Object.keys(manifest.optionalDependencies).length <= 2);
    const design = readFileSync(path.join(root, 'docs/design.md'), 'utf8');
    for (const name of Object.keys(all)) {
      assert.match(design, new RegExp(`^\\| \\[?\`${name}\``, 'm'), `no reason for ${name}`);
    }
    for (const range of Object.values(all)) assert.match(range, /^\^/);
  });

  it('runs nothing of its own when it is installed', () => {
    const hooks = ['preinstall', 'install', 'postinstall', 'prepare'];
    assert.deepEqual(
      Object.keys(manifest.scripts).filter((name) => hooks.includes(name)),
      [],
    );
  });

  it('lists one set for each node, under a prefixed type', () => {
    assert.equal(nodes.length, 8);
    for (const [name, file] of nodes) {
      const short = name.replace(/^lipwire-/, '');
      assert.notEqual(short, name);
      assert.equal(file, `dist/nodes/${short}/${short}.js`);
    }
  });

  it('publishes all that runs and nothing else', function () {
    this.timeout(60_000);
    const files = packedFiles();
    const needed = nodes.flatMap(([, file]) => [file, file.replace(/\.js$/, '.html')]);
    needed.push(manifest.main, ...Object.values(manifest.bin), 'README.md', 'LICENSE');
    needed.push('assets/avatar/avatar.png', 'models/manifest.json');
    for (const file of needed) assert.ok(files.includes(file), `${file} is not in the package`);
    for (const [name] of nodes) {
      const short = name.replace(/^lipwire-/, '');
      const has = (pattern: RegExp) => files.some((file) => pattern.test(file));
      assert.ok(has(new RegExp(`^dist/nodes/${short}/icons/.+\\.svg$`)), `${short} has no icon`);
      for (const language of LANGUAGES) {
        for (const kind of ['json', 'html']) {
          const file = `dist/nodes/${short}/locales/${language}/${short}.${kind}`;
          assert.ok(files.includes(file), `${file} is not in the package`);
        }
      }
    }
    assert.ok(files.some((file) => /^examples\/flows\/.+\.json$/.test(file)));
    const stray = files.filter(
      (file) =>
        (/\.ts$/.test(file) && !file.endsWith('.d.ts')) ||
        /^(test|bench|scripts|\.ci|node_modules)\//.test(file),
    );
    assert.deepEqual(stray, []);
  });
});
