/** What the README shows first, and that what it says holds. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { ERROR_CODES } from '../../src/contract';
import { STAGE_NAMES } from '../../src/stages';

const root = path.resolve(__dirname, '../..');
const readme = readFileSync(path.join(root, 'README.md'), 'utf8');

describe('The README', () => {
  it('has first: one sentence, a moving picture, the two commands and all nodes', () => {
    const first = readme.slice(0, readme.indexOf('\n## '));
    const nodes = STAGE_NAMES.map((name) => `| **${name}**`);
    const order = ['\n**', 'docs/pictures/lipwire.webp', 'npm run setup && npm run demo', ...nodes];
    const places = order.map((part) => first.indexOf(part));
    assert.ok(!places.includes(-1), order[places.indexOf(-1)]);
    assert.deepEqual(
      places,
      [...places].sort((a, b) => a - b),
    );
  });

  it('opens quickly: its moving picture is an animated WebP of at most 1.5 MB', function () {
    const file = path.join(root, 'docs/pictures/lipwire.webp');
    // An installed package has no pictures.
    if (!existsSync(file)) this.skip();
    assert.ok(statSync(file).size < 1_500_000);
    const head = readFileSync(file).subarray(0, 64).toString('latin1');
    assert.match(head, /^RIFF[^]{4}WEBPVP8X[^]*ANIM/);
  });

  it('explains every error code, and none that there is not', () => {
    const section = /\n## When something goes wrong\n([^]*?)\n## /.exec(readme)![1];
    const codes = [...section.matchAll(/`(E_[A-Z_]+)`/g)].map(([, code]) => code);
    assert.deepEqual([...codes].sort(), Object.keys(ERROR_CODES).sort());
    for (const [code] of readme.matchAll(/\bE_[A-Z_]+/g)) assert.ok(code in ERROR_CODES, code);
  });

  it('has the figures of docs/performance.md', () => {
    const script = path.join(root, 'scripts/readme.mjs');
    const { status, stderr } = spawnSync(process.execPath, [script, '--check'], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
  });
});

describe('docs/nodes.md', () => {
  it('has the parameters of all stages, as the tables say', () => {
    const script = path.join(root, 'scripts/parameters.mjs');
    const { status, stderr } = spawnSync(process.execPath, [script, '--check'], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
  });
});
