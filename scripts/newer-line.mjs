#!/usr/bin/env node
/**
 * Puts Node-RED 5 and the Node.js that it needs into .cache, from npm, where they are not there yet,
 * and prints the environment in which tests run with them, as JSON. See scripts/test.mjs.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { installNodeRed, nodeProgram } from './pack/install.mjs';

const NODE_RED = '5';
const NODE = '24';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
// The same folder as that of the pack test, which needs the same.
const cache = path.join(root, '.cache', 'pack-test');
try {
  mkdirSync(cache, { recursive: true });
  const program = nodeProgram(NODE, cache);
  const script = installNodeRed(NODE_RED, program, cache);
  console.log(
    JSON.stringify({
      LIPWIRE_TEST_NODE: program,
      // The folder in which node_modules/node-red/red.js lies.
      LIPWIRE_TEST_NODE_RED: path.resolve(script, '../../..'),
    }),
  );
} catch (error) {
  const lines = String(error).split('\n');
  console.error(lines.find((line) => /^npm error /.test(line)) ?? lines[0]);
  process.exitCode = 1;
}
