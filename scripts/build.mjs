#!/usr/bin/env node
/**
 * Builds what is packed. dist/: TypeScript compiled, and beside each node what Node-RED finds only there
 * (HTML, locales, icons). resources/nodes/: `nodes/<name>/editor.ts` bundled as modules that share their
 * common parts; Node-RED serves them. Options: `--clean` empties both first, `--if-stale` does nothing
 * where they are newer than every source.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { bundleOptions, dialog } from './dialogs.mjs';
import { help } from './help.mjs';
import { bundlePages } from './pages.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const dist = path.join(root, 'dist');
const bundles = path.join(root, 'resources/nodes');
const require = createRequire(import.meta.url);

/** Its time is the beginning of the last build that succeeded. */
const stamp = path.join(dist, '.built');

/** What TypeScript remembers, so that it compiles only what changed. */
const memory = path.join(dist, '.tsbuildinfo');

if (process.argv.includes('--clean')) {
  for (const folder of [dist, bundles]) rmSync(folder, { recursive: true, force: true });
}
if (!process.argv.includes('--if-stale') || isStale()) process.exitCode = build();

function build() {
  const started = new Date();
  // It would not notice that what it made is gone.
  if (!existsSync(stamp) || isIncomplete()) rmSync(memory, { force: true });
  rmSync(stamp, { force: true });
  if (!compile('tsconfig.json') || !compile('tsconfig.editor.json')) return 1;
  const { settingsOf } = require(path.join(dist, 'nodes/shared/node-settings.js'));
  const tables = Object.fromEntries(nodeNames().map((name) => [name, settingsOf(name)]));
  bundle(tables);
  bundlePages(dist);
  for (const name of nodeNames()) makeNode(name, tables[name]);
  removeLeftovers();
  writeFileSync(stamp, '');
  utimesSync(stamp, started, started);
  return 0;
}

/** The nodes, which are what has a `node.ts`. */
function nodeNames() {
  const folders = readdirSync(path.join(root, 'nodes'));
  return folders.filter((name) => existsSync(path.join(root, 'nodes', name, 'node.ts')));
}

/** Files in folders of the project. */
function filesIn(...folders) {
  const entries = folders.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true }),
  );
  return entries.map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
}

function isIncomplete() {
  const sources = filesIn('src', 'nodes').filter(
    (file) =>
      file.endsWith('.ts') &&
      !/[\\/](?:editor(?:\.ts$|[\\/])|hls-export[\\/](?:player|kiosk)[\\/])/.test(file),
  );
  return sources.some((file) => {
    const made = path.join(dist, path.relative(root, file).replace(/\.ts$/, ''));
    return !existsSync(`${made}.js`) || !existsSync(`${made}.d.ts`);
  });
}

function isStale() {
  if (!existsSync(stamp) || isIncomplete()) return true;
  const built = statSync(stamp).mtimeMs;
  const files = filesIn('src', 'nodes', 'icons', 'scripts');
  for (const name of ['tsconfig.json', 'tsconfig.editor.json', 'package.json']) {
    files.push(path.join(root, name));
  }
  return files.some((file) => statSync(file).mtimeMs > built);
}

/** The dialogs, with the tables of settings in place of the module `settings-tables`. */
function bundle(tables) {
  rmSync(bundles, { recursive: true, force: true });
  writeFileSync(bundleOptions.alias['settings-tables'], JSON.stringify(tables));
  const entryPoints = Object.fromEntries(
    nodeNames().map((name) => [name, path.join(root, 'nodes', name, 'editor.ts')]),
  );
  buildSync({ ...bundleOptions, entryPoints, outdir: bundles });
}

/** What Node-RED looks for beside `node.js`, under the same name. */
function makeNode(name, table) {
  const from = path.join(root, 'nodes', name);
  const to = path.join(dist, 'nodes', name);
  for (const folder of ['locales', 'icons']) {
    // What is gone from the sources would be packed.
    rmSync(path.join(to, folder), { recursive: true, force: true });
  }
  for (const language of readdirSync(path.join(from, 'locales'))) {
    const folder = path.join('locales', language);
    cpSync(path.join(from, folder, `${name}.json`), path.join(to, folder, 'node.json'));
    writeFileSync(path.join(to, folder, 'node.html'), help(name, language));
  }
  writeFileSync(path.join(to, 'node.html'), dialog(name, table));
  // Only its own: Node-RED lists the icons of every folder, and would show each one eight times.
  const icon = `${name}.svg`;
  cpSync(path.join(root, 'icons', icon), path.join(to, 'icons', icon));
}

/** What was compiled from a source that is gone would be packed, and found by tests. */
function removeLeftovers() {
  for (const name of readdirSync(dist, { recursive: true })) {
    const source = /^(?:src|nodes)\b.*(?=\.(?:js|d\.ts)$)/.exec(name)?.[0];
    const isGone = source && !existsSync(path.join(root, `${source}.ts`));
    // Dialogs were called after their nodes once.
    if (isGone || /^nodes.[^\\/]+.(?!node\.)[^\\/]+\.html$/.test(name))
      rmSync(path.join(dist, name));
  }
}

function compile(project) {
  const args = [require.resolve('typescript/bin/tsc'), '-p', path.join(root, project)];
  return spawnSync(process.execPath, args, { stdio: 'inherit' }).status === 0;
}
