#!/usr/bin/env node
/**
 * The whole test command: build, types, lint, then every test with the project's own Node-RED, before
 * them some of the editor's with Node-RED 5. What is given after `--` goes to mocha, for example
 * `npm test -- --grep stitch` or `npm test -- test/text/*.test.ts`.
 */
import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
const extra = process.argv.slice(2);
const narrowed = extra.some((argument) => argument.endsWith('.ts') || existsSync(argument));

/** What Node-RED's newer line could break: the dialogs and the sidebar. */
const ON_NEWER_LINE = ['editor', 'sidebar'].map((name) => `test/editor/${name}.test.ts`);

await step('build', ['scripts/build.mjs']);
// Where everything is asked for, and another line than the project's own is not asked for already.
const isWhole = extra.length === 0 && !process.env['LIPWIRE_TEST_NODE_RED'];
const newer = isWhole ? newerLine() : undefined;
if (!narrowed) {
  await Promise.all([
    step('types of the tests', [
      ...[bin('typescript', 'tsc'), '-p', 'tsconfig.test.json', '--incremental'],
      ...['--tsBuildInfoFile', '.cache/tests.tsbuildinfo'],
    ]),
    step('lint', [bin('eslint', 'eslint'), '--cache', '--cache-location', '.cache/eslint', '.']),
    step('imports', [
      'node_modules/dependency-cruiser/bin/dependency-cruise.mjs',
      ...['--config', '.dependency-cruiser.cjs', '--output-type', 'err', 'src', 'nodes'],
    ]),
    step('format', [
      ...[bin('prettier', 'prettier'), '--check', '--log-level', 'warn', '.'],
      ...['--cache', '--cache-location', '.cache/prettier', '--cache-strategy', 'content'],
    ]),
  ]);
}
// Two files at a time even on two cores: much of their time is waiting for FFmpeg and Node-RED.
const jobs = String(Math.max(2, Math.min(4, availableParallelism())));
const compiled = path.join(root, 'test/support/compiled.cjs');
const mocha = ['--require', compiled, bin('mocha', 'mocha'), '--reporter', 'scripts/reporter.cjs'];
const parallel = ['--parallel', '--jobs', jobs];
const environment = await newer;
if (environment)
  await step('tests on Node-RED 5', [...mocha, ...parallel, ...ON_NEWER_LINE], environment);
const all = [...parallel, ...extra, ...allFiles()];
await step('tests', [...mocha, ...(narrowed ? extra : all)]);

/**
 * All tests; last those with whole networks in memory: starting FFmpeg takes a process the longer the
 * more memory it has had.
 */
function allFiles() {
  const names = readdirSync(path.join(root, 'test'), { recursive: true }).sort();
  const files = names
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => path.join('test', name));
  const isHeavy = (file) => /\b(ml|wav2lip)\b/.test(file) && !/node-red/.test(file);
  return [...files.filter((file) => !isHeavy(file)), ...files.filter(isHeavy)];
}

/** Where Node-RED 5 and the Node.js that it needs are; nothing, said aloud, where they cannot be had. */
async function newerLine() {
  const script = path.join(root, 'scripts', 'newer-line.mjs');
  return new Promise((resolve) => {
    execFile(process.execPath, [script], (error, stdout, stderr) => {
      if (!error) return resolve(JSON.parse(stdout));
      const reason = stderr.trim().split('\n').at(-1);
      console.log(`[test] tests on Node-RED 5: skipped, as it could not be installed (${reason})`);
      resolve(undefined);
    });
  });
}

/** Path of the script behind a package's command. */
function bin(name, command) {
  const manifest = require.resolve(`${name}/package.json`);
  const { bin: entry } = require(manifest);
  return path.join(path.dirname(manifest), typeof entry === 'string' ? entry : entry[command]);
}

/** Runs a step; ends the whole with its exit code where it fails. */
async function step(name, args, environment = {}) {
  const started = Date.now();
  console.log(`[test] ${name} …`);
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  });
  const status = await new Promise((resolve) => child.once('exit', resolve));
  if (status !== 0) {
    console.error(`[test] ${name} failed`);
    process.exit(status ?? 1);
  }
  console.log(`[test] ${name}: ${((Date.now() - started) / 1000).toFixed(1)} s`);
}
