#!/usr/bin/env node
/**
 * The whole test command: build, types, lint, then every test. What is given after `--` goes to
 * mocha, for example `npm test -- --grep stitch` or `npm test -- test/text/*.test.ts`.
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
const extra = process.argv.slice(2);
const narrowed = extra.some((argument) => argument.endsWith('.ts'));

await step('build', ['scripts/build.mjs']);
if (!narrowed) {
  await Promise.all([
    step('types of the tests', [bin('typescript', 'tsc'), '-p', 'tsconfig.test.json']),
    step('lint', [bin('eslint', 'eslint'), '.']),
    step('format', [bin('prettier', 'prettier'), '--check', '--log-level', 'warn', '.']),
  ]);
}
// Two files at a time even on two cores: much of their time is waiting for FFmpeg and Node-RED.
const jobs = String(Math.max(2, Math.min(4, availableParallelism())));
const mocha = ['--import', 'tsx', bin('mocha', 'mocha'), '--reporter', 'scripts/reporter.cjs'];
const all = ['--parallel', '--jobs', jobs, ...extra, 'test/**/*.test.ts'];
await step('tests', [...mocha, ...(narrowed ? extra : all)]);

/** Path of the script behind a package's command. */
function bin(name, command) {
  const manifest = require.resolve(`${name}/package.json`);
  const { bin: entry } = require(manifest);
  return path.join(path.dirname(manifest), typeof entry === 'string' ? entry : entry[command]);
}

/** Runs a step; ends the whole with its exit code where it fails. */
async function step(name, args) {
  const started = Date.now();
  console.log(`[test] ${name} …`);
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
  const status = await new Promise((resolve) => child.once('exit', resolve));
  if (status !== 0) {
    console.error(`[test] ${name} failed`);
    process.exit(status ?? 1);
  }
  console.log(`[test] ${name}: ${((Date.now() - started) / 1000).toFixed(1)} s`);
}
