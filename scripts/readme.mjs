#!/usr/bin/env node
/**
 * Writes the README's few figures out of docs/performance.md, where `npm run bench -- --write` and
 * `npm run bench:wav2lip -- --write` put them. `--check` only says whether they are the same.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const BEGIN = '<!-- figures: written by scripts/readme.mjs -->';
const END = '<!-- end of figures -->';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const readme = path.join(root, 'README.md');
const measured = readFileSync(path.join(root, 'docs', 'performance.md'), 'utf8');
const text = readFileSync(readme, 'utf8');
const [before, rest] = text.split(BEGIN);
const [, after] = rest.split(END);
const wanted = await format(`${before}${BEGIN}\n\n${figures()}\n\n${END}${after}`, {
  ...(await resolveConfig(readme)),
  parser: 'markdown',
});

if (!process.argv.includes('--check')) {
  writeFileSync(readme, wanted);
} else if (text !== wanted) {
  console.error('The figures in README.md are old: run `node scripts/readme.mjs`.');
  process.exitCode = 1;
}

/** What was measured for the whole pipeline, from text to the published video. */
function figures() {
  const machine = find(/Measured on ([^,]+ \([^)]+\))[^\n]*Node\.js/)[1];
  const whole = /\*\*([\d.]+ s) of video\*\* \(([^)]+)\)[^]*?The whole is \*\*([\d.]+ ×) faster/g;
  const rows = [...measured.matchAll(whole)].map(([, length, size, speed]) => {
    return `| built-in, ${length} of video, ${size} | ${speed} | \`npm run bench\` |`;
  });
  for (const precision of ['fp32', 'int8']) {
    const row = find(new RegExp(`^\\| ${precision} +\\|([^|]*)\\|.*\\| +([\\d.]+ ×) \\|$`, 'm'));
    rows.push(
      `| Wav2Lip in ${precision}, ${row[1].trim()} | ${row[2]} | \`npm run bench:wav2lip\` |`,
    );
  }
  return [
    `On ${machine}, without a GPU, from the text to the published video:`,
    '',
    '| lip-sync | faster than real time | command |',
    '| --- | --: | --- |',
    ...rows,
  ].join('\n');
}

function find(pattern) {
  const found = pattern.exec(measured);
  if (!found) throw new Error(`docs/performance.md has nothing like ${pattern}.`);
  return found;
}
