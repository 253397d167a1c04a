import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(__dirname, '../..');
const CONFIG = '.dependency-cruiser.cjs';

const RIGHT = {
  'src/contract/index.ts': 'export const a = 1;',
  'src/av/wav.ts': `import { a } from '../contract'; export const b = a;`,
  'src/face/run.ts': `import { b } from '../av/wav'; export const c = b;`,
  'src/lipsync/run.ts': 'export const d = 1;',
  'src/stages.ts': `import { c } from './face/run'; export const e = c;`,
  'src/runtime/studio.ts': `import { e } from '../stages'; export const f = e;`,
  'src/cli/main.ts': `import { f } from '../runtime/studio'; export const g = f;`,
  // Completes the cycle of src/net/one.ts; a cycle is reported once.
  'src/net/two.ts': `import { a } from './one'; export const b = a;`,
  'nodes/tts/node.ts': `import { f } from '../../src/runtime/studio'; import 'node-red'; export default f;`,
};

const WRONG: [file: string, code: string, rule: string][] = [
  ['src/face/wrong.ts', `import '../lipsync/run';`, 'no-stage-imports-another-stage'],
  ['src/contract/wrong.ts', `export * from '../av/wav';`, 'contract-imports-nothing'],
  ['src/stitch/wrong.ts', `import('../runtime/studio');`, 'stages-look-down'],
  ['src/av/wrong.ts', `import { c } from '../face/run'; c;`, 'shared-rooms-look-down'],
  ['src/runtime/wrong.ts', `import '@node-red/util';`, 'src-without-node-red'],
  ['src/cli/wrong.ts', `import '../../nodes/tts/node';`, 'cli-without-nodes'],
  ['src/ml/wrong.ts', `import { x } from './other'; x;`, 'no-unresolved'],
  ['src/net/one.ts', `import { b } from './two'; export const a = b;`, 'no-cycles'],
];

interface Violation {
  from: string;
  rule: { name: string };
}

describe('the import direction', () => {
  let violations: Violation[];

  before(() => {
    const folder = mkdtempSync(path.join(tmpdir(), 'lipwire-imports-'));
    try {
      const code = WRONG.map(([file, text]) => [file, text]);
      for (const [name, text] of [...Object.entries(RIGHT), ...code] as [string, string][]) {
        mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
        writeFileSync(path.join(folder, name), text);
      }
      for (const name of [CONFIG, 'tsconfig.json']) {
        copyFileSync(path.join(root, name), path.join(folder, name));
      }
      symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
      const script = path.join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
      const args = [script, '--config', CONFIG, '--output-type', 'json', 'src', 'nodes'];
      const { stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
      const { summary } = JSON.parse(stdout) as { summary: { violations: Violation[] } };
      violations = summary.violations;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  const broken = (file: string): string[] =>
    violations.filter(({ from }) => from === file).map(({ rule }) => rule.name);

  it('lets a room import what is below it', () => {
    for (const file of Object.keys(RIGHT)) assert.deepEqual(broken(file), [], file);
  });

  for (const [file, code, rule] of WRONG) {
    it(`forbids ${file} to write ${code}`, () => {
      assert.deepEqual([...new Set(broken(file))], [rule]);
    });
  }
});
