#!/usr/bin/env node
/**
 * Builds dist/: what Node-RED finds only beside the compiled nodes (HTML, locales, icons) is copied,
 * then TypeScript is compiled. Options: `--clean` empties dist/ first, `--if-stale` does nothing where
 * dist/ is newer than every source.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { dialog } from './dialogs.mjs';
import { writeHelp } from './help.mjs';
import { bundlePages } from './pages.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const dist = path.join(root, 'dist');

/** Its time is the beginning of the last build that succeeded. */
const stamp = path.join(dist, '.built');

/** What TypeScript remembers, so that it compiles only what changed. */
const memory = path.join(dist, '.tsbuildinfo');

if (process.argv.includes('--clean')) rmSync(dist, { recursive: true, force: true });
if (!process.argv.includes('--if-stale') || isStale()) process.exitCode = build();

function build() {
  const started = new Date();
  // It would not notice that what it made is gone.
  if (!existsSync(stamp) || isIncomplete()) rmSync(memory, { force: true });
  rmSync(stamp, { force: true });
  copyAssets();
  writeHelp(dist);
  const status = compile();
  if (status === 0) {
    bundlePages(dist);
    removeLeftovers();
    writeFileSync(stamp, '');
    utimesSync(stamp, started, started);
  }
  return status;
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
    (file) => file.endsWith('.ts') && !/[\\/]hls-export[\\/](player|kiosk)[\\/]/.test(file),
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
  files.push(path.join(root, 'tsconfig.json'), path.join(root, 'package.json'));
  return files.some((file) => statSync(file).mtimeMs > built);
}

function copyAssets() {
  const icons = path.join(root, 'icons');
  for (const entry of readdirSync(path.join(root, 'nodes'), { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const from = path.join(root, 'nodes', entry.name);
    const to = path.join(dist, 'nodes', entry.name);
    if (!existsSync(path.join(from, `${entry.name}.html`))) continue;
    // What is gone from the sources would be packed.
    for (const folder of ['locales', 'icons']) {
      rmSync(path.join(to, folder), { recursive: true, force: true });
    }
    mkdirSync(to, { recursive: true });
    cpSync(from, to, { recursive: true, filter: (file) => !file.endsWith('.ts') });
    writeFileSync(path.join(to, `${entry.name}.html`), dialog(entry.name));
    // Only its own: Node-RED lists the icons of every folder, and would show each one eight times.
    const icon = `${entry.name}.svg`;
    cpSync(path.join(icons, icon), path.join(to, 'icons', icon));
  }
}

/** What was compiled from a source that is gone would be packed, and found by tests. */
function removeLeftovers() {
  for (const name of readdirSync(dist, { recursive: true })) {
    const source = /^(?:src|nodes)\b.*(?=\.(?:js|d\.ts)$)/.exec(name)?.[0];
    if (source && !existsSync(path.join(root, `${source}.ts`))) rmSync(path.join(dist, name));
  }
}

function compile() {
  const require = createRequire(import.meta.url);
  const tsc = require.resolve('typescript/bin/tsc');
  const args = [tsc, '-p', path.join(root, 'tsconfig.json')];
  return spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;
}
