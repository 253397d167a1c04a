#!/usr/bin/env node
/**
 * Writes the tables of docs/nodes.md: every parameter by stage, from the tables of the stages and the
 * English texts of the help. `--check` only says whether they are the same.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { require as requireSource } from 'tsx/cjs/api';
import { descriptionsOf, parametersOf } from './help.mjs';

const BEGIN = '<!-- parameters: written by scripts/parameters.mjs -->';
const END = '<!-- end of parameters -->';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const file = path.join(root, 'docs', 'nodes.md');
const { STAGES } = requireSource('../src/stages.ts', import.meta.url);
const { optionName } = requireSource('../src/cli/stage-options.ts', import.meta.url);

const text = readFileSync(file, 'utf8');
const [before, rest] = text.split(BEGIN);
const [, after] = rest.split(END);
const sections = Object.keys(STAGES).map(section).join('\n\n');
const wanted = await format(`${before}${BEGIN}\n\n${sections}\n\n${END}${after}`, {
  ...(await resolveConfig(file)),
  parser: 'markdown',
});

if (!process.argv.includes('--check')) {
  writeFileSync(file, wanted);
} else if (text !== wanted) {
  console.error('The tables in docs/nodes.md are old: run `node scripts/parameters.mjs`.');
  process.exitCode = 1;
}

function section(stage) {
  const descriptions = descriptionsOf(stage, 'en-US');
  const rows = Object.entries(parametersOf(stage)).map(([key, parameter]) => {
    // What a node does beside its stage, such as waiting for clips, is no option.
    const option = key in STAGES[stage].parameters ? `\`--${optionName(stage, key)}\`` : '';
    const cells = [`\`${key}\``, valuesOf(parameter), defaultOf(parameter), option];
    return `| ${[...cells, descriptions[key]].map(cell).join(' | ')} |`;
  });
  const head = ['parameter', 'values', 'default', 'command line', 'what it does'];
  return [
    `## ${stage}`,
    '',
    `| ${head.join(' | ')} |`,
    `|${' --- |'.repeat(head.length)}`,
    ...rows,
  ].join('\n');
}

function valuesOf({ type, min, max, whole, of, count, maxLength, unit = '' }) {
  if (type === 'flag') return '`true`, `false`';
  if (type === 'text') return `text of at most ${maxLength} characters`;
  if (type === 'numbers') return `${count} numbers from ${min} to ${max} ${unit}`;
  if (type === 'number') return `${whole ? 'whole ' : ''}${min} to ${max} ${unit}`;
  const names = of.map((name) => `\`${name}\``).join(', ');
  return type === 'model' ? `${names}, or a name of your own` : names;
}

function defaultOf({ default: preset }) {
  return preset === '' ? '' : `\`${preset}\``;
}

function cell(content) {
  return content.trim().replaceAll('|', '\\|');
}
