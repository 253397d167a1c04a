#!/usr/bin/env node
/**
 * Makes the docs site of the project's own Markdown and of the nodes' help: plain files that open from
 * the disk, without a network and without scripts. Options: `--out FOLDER` (default .cache/docs).
 */
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { layout } from './docs/layout.mjs';
import { findPages } from './docs/pages.mjs';
import { render } from './docs/render.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
/** Says that the folder is a site, which may be replaced. */
const MARKER = '.lipwire-docs';

const { values } = parseArgs({ options: { out: { type: 'string', default: '.cache/docs' } } });
const out = path.resolve(values.out);
prepare(out);

const pages = findPages(root);
const files = new Set(['scripts/docs/site.css']);
for (const page of pages) {
  const { html, used } = render(page, pages, root);
  for (const file of used) files.add(file);
  write(page.out, layout(page, pages, html));
}
for (const file of files) {
  const target = file === 'scripts/docs/site.css' ? 'site.css' : file;
  mkdirSync(path.dirname(path.join(out, target)), { recursive: true });
  cpSync(path.join(root, file), path.join(out, target));
}
console.log(`${pages.length} pages in ${out}`);

function prepare(folder) {
  const isOurs = existsSync(path.join(folder, MARKER));
  if (existsSync(folder) && !isOurs && readdirSync(folder).length > 0) {
    console.error(`Expected a new or empty folder, or an earlier site, but ${folder} is neither.`);
    process.exit(1);
  }
  rmSync(folder, { recursive: true, force: true });
  write(MARKER, '');
  // GitHub Pages would leave out names that begin with an underscore.
  write('.nojekyll', '');
}

function write(name, content) {
  const file = path.join(out, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
}
