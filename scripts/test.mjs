#!/usr/bin/env node
/**
 * The whole test command: build, types, lint, then every test. What is given after `--` goes to
 * mocha, for example `npm test -- --grep stitch` or `npm test -- test/text/*.test.ts`.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
const extra = process.argv.slice(2);
const narrowed = extra.some((argument) => argument.endsWith('.ts'));

step('build', ['scripts/build.mjs']);
if (!narrowed) {
  step('types of the tests', [bin('typescript', 'tsc'), '-p', 'tsconfig.test.json']);
  step('lint', [bin('eslint', 'eslint'), '.']);
  step('format', [bin('prettier', 'prettier'), '--check', '--log-level', 'warn', '.']);
}
const mocha = ['--import', 'tsx', bin('mocha', 'mocha'), '--reporter', 'scripts/reporter.cjs'];
step('tests', [...mocha, ...(narrowed ? extra : [...extra, 'test/**/*.test.ts'])]);

/** Path of the script behind a package's command. */
function bin(name, command) {
  const manifest = require.resolve(`${name}/package.json`);
  const { bin: entry } = require(manifest);
  return path.join(path.dirname(manifest), typeof entry === 'string' ? entry : entry[command]);
}

function step(name, args) {
  const started = Date.now();
  console.log(`\n[test] ${name}`);
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    console.error(`[test] ${name} failed`);
    process.exit(status ?? 1);
  }
  console.log(`[test] ${name}: ${((Date.now() - started) / 1000).toFixed(1)} s`);
}
