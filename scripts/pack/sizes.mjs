/** How much an installation takes, package by package. */
import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const OWN = '@lipwire/node-red-lipwire';
const BEGIN = '<!-- sizes: written by scripts/pack-test.mjs -->';
const END = '<!-- end of sizes -->';
/** Smaller ones are summed up. */
const SHOWN = 1e6;

/**
 * Bytes of all files in a user folder's packages.
 * @returns `{total, own, parts: [{name, bytes}]}`, the largest part first
 */
export function sizesOf(user) {
  const modules = path.join(user, 'node_modules');
  const parts = packagesIn(modules)
    .filter((name) => name !== OWN)
    .map((name) => ({ name, bytes: bytesIn(path.join(modules, name)) }))
    .sort((a, b) => b.bytes - a.bytes);
  const large = parts.filter(({ bytes }) => bytes >= SHOWN);
  const small = parts.slice(large.length);
  const own = bytesIn(path.join(modules, OWN));
  const rest = sum(small);
  large.push({ name: `${small.length} smaller packages`, bytes: rest });
  return { total: own + sum(parts), own, parts: large };
}

/** Writes the sizes between the two markers of a Markdown file. */
export function writeSizes(file, tarball, { total, slim, own, parts }) {
  const row = (name, bytes) => `| ${name} | ${(bytes / 1e6).toFixed(1)} MB |`;
  const lines = [
    BEGIN,
    '',
    `| what | size |`,
    `| --- | --- |`,
    row(`the tarball (${tarball.files} files)`, tarball.bytes),
    row('Lipwire itself, unpacked', own),
    ...parts.map(({ name, bytes }) => row(/ /.test(name) ? name : `\`${name}\``, bytes)),
    row('**all that is installed**', total),
    row('**after `lipwire slim --yes`**', slim),
    '',
    END,
  ];
  const text = readFileSync(file, 'utf8');
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`${file} has no place for the sizes.`);
  writeFileSync(file, before + lines.join('\n') + after);
}

function packagesIn(modules) {
  if (!existsSync(modules)) return [];
  return readdirSync(modules)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => {
      if (!name.startsWith('@')) return [name];
      return readdirSync(path.join(modules, name)).map((part) => `${name}/${part}`);
    });
}

function bytesIn(folder) {
  return readdirSync(folder, { recursive: true }).reduce((bytes, name) => {
    const facts = lstatSync(path.join(folder, name));
    return facts.isFile() ? bytes + facts.size : bytes;
  }, 0);
}

function sum(parts) {
  return parts.reduce((bytes, part) => bytes + part.bytes, 0);
}
