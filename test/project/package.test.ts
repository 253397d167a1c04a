/** What a careful installer looks for, without a network; the scorecard has tests of its own. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { LANGUAGES } from '../support/languages';

const root = path.resolve(__dirname, '../..');

interface Manifest {
  bin: Record<string, string>;
  main: string;
  scripts: Record<string, string>;
  'node-red': { nodes: Record<string, string> };
}

const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as Manifest;
const nodes = Object.entries(manifest['node-red'].nodes);

interface Packed {
  size: number;
  unpackedSize: number;
  files: { path: string }[];
}

/** The package as npm would publish it. */
function pack(): Packed {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts', '--silent'];
  const output = execFileSync(npm, args, { cwd: root, encoding: 'utf8' });
  return (JSON.parse(output.slice(output.indexOf('['))) as Packed[])[0];
}

describe('the package', () => {
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
      assert.equal(file, `dist/nodes/${short}/node.js`);
    }
  });

  it('publishes all that runs and nothing else', function () {
    this.timeout(60_000);
    const { files: entries, size, unpackedSize } = pack();
    const files = entries.map((entry) => entry.path);
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
          const file = `dist/nodes/${short}/locales/${language}/node.${kind}`;
          assert.ok(files.includes(file), `${file} is not in the package`);
        }
      }
    }
    assert.ok(files.some((file) => /^examples\/flows\/.+\.json$/.test(file)));
    const stray = files.filter(
      (file) =>
        (/\.ts$/.test(file) && !/^dist\/src\/.*\.d\.ts$/.test(file)) ||
        /\.(?:map|tgz|log)$/.test(file) ||
        !/^(?:dist\/(?:nodes|src)|examples|models|resources|assets|docs)\/|^[A-Z]+(?:\.md)?$|^package\.json$/.test(
          file,
        ) ||
        file.startsWith('docs/pictures/'),
    );
    assert.deepEqual(stray, []);
    // The avatar's picture is half of it. hls.js (0.6 MB) is bundled; its light build has no captions.
    assert.ok(size < 2_000_000, `${size} bytes`);
    assert.ok(unpackedSize < 5_200_000, `${unpackedSize} bytes`);
  });
});
