#!/usr/bin/env node
/**
 * Packs the package, installs the tarball into an empty Node-RED user folder with all install scripts
 * ignored, deploys the first example there and makes a video, on each pair of Node-RED and Node.js.
 *
 *   node scripts/pack-test.mjs                              the whole matrix (Linux x64)
 *   node scripts/pack-test.mjs --node-red 5 --node 24       one pair
 *   node scripts/pack-test.mjs --write                      and the sizes into docs/install.md
 *
 * Node-RED and other versions of Node.js come from npm, and are kept in .cache/pack-test.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { installNodeRed, installPackage, nodeProgram, pack } from './pack/install.mjs';
import { RunningNodeRed } from './pack/running.mjs';
import { sizesOf, writeSizes } from './pack/sizes.mjs';
import { makeVideo, renderSlim } from './pack/video.mjs';

const MATRIX = [
  { nodeRed: '4.1', node: '20' },
  { nodeRed: '4.1', node: '24' },
  { nodeRed: '5', node: '24' },
];
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const cache = path.join(root, '.cache', 'pack-test');

const { values } = parseArgs({
  options: {
    'node-red': { type: 'string' },
    node: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const { 'node-red': nodeRed = '4.1', node = process.versions.node.split('.')[0] } = values;
const rows = values['node-red'] || values.node ? [{ nodeRed, node }] : MATRIX;

const home = mkdtempSync(path.join(tmpdir(), 'lipwire-pack-'));
try {
  mkdirSync(cache, { recursive: true });
  const tarball = pack(root, home);
  say(`${tarball.name}: ${tarball.files} files, ${kilobytes(tarball.bytes)} kB packed`);
  let sizes;
  for (const row of rows) sizes = await check(row, tarball);
  const { total, slim, own, parts } = sizes;
  say(
    `Installed: ${megabytes(total)} MB, of which ${megabytes(own)} MB are Lipwire's own; ${megabytes(slim)} MB after "lipwire slim"`,
  );
  for (const { name, bytes } of parts) say(`  ${megabytes(bytes).padStart(6)} MB  ${name}`);
  if (values.write) writeSizes(path.join(root, 'docs', 'install.md'), tarball, sizes);
} finally {
  rmSync(home, { recursive: true, force: true, maxRetries: 3 });
}

/** One pair: install, start, deploy, make a video, end; then once more with what this machine needs only. */
async function check(row, tarball) {
  const program = nodeProgram(row.node, cache);
  const script = installNodeRed(row.nodeRed, program, cache);
  const user = path.join(home, `user-${row.nodeRed}-${row.node}`);
  mkdirSync(user);
  installPackage(tarball.file, program, user);
  const sizes = sizesOf(user);
  const running = await RunningNodeRed.start({ program, script, user });
  let video;
  try {
    video = await makeVideo(running);
  } catch (error) {
    throw new Error(`${error.message}\n${running.log}`, { cause: error });
  } finally {
    await running.end();
  }
  if (running.exitCode !== 0) throw new Error(`Node-RED ended with ${running.exitCode}.`);
  renderSlim(program, user);
  const slim = sizesOf(user).total;
  const { nodes, frames, duration, seconds } = video;
  say(
    `Node-RED ${running.version}, Node.js ${running.nodeVersion}: ${nodes} nodes; ` +
      `${frames} frames, ${duration} s of video after ${seconds} s`,
  );
  rmSync(user, { recursive: true, force: true, maxRetries: 3 });
  return { ...sizes, slim };
}

function megabytes(bytes) {
  return (bytes / 1e6).toFixed(1);
}

function kilobytes(bytes) {
  return Math.round(bytes / 1e3);
}

function say(text) {
  console.log(text);
}
