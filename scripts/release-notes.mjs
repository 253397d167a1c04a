#!/usr/bin/env node
/**
 * Prints what CHANGELOG.md says of a version, for the release: `release-notes.mjs v0.2.0`. Fails when
 * the tag is not the version of package.json, or the changelog has no section for it.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const tag = process.argv[2] ?? '';
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
if (tag !== `v${version}`) fail(`Expected the tag v${version} but received "${tag}".`);

const sections = readFileSync(path.join(root, 'CHANGELOG.md'), 'utf8').split(/^(?=## )/m);
const section = sections.find((text) => text.split(/[\s[\]]+/)[1] === version);
if (!section) fail(`Expected a section "## ${version}" in CHANGELOG.md but there is none.`);
console.log(section.slice(section.indexOf('\n')).trim());

function fail(message) {
  console.error(message);
  process.exit(1);
}
