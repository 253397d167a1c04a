#!/usr/bin/env node
/**
 * How the code stands: files, folders, lines, exports, cycles, the way from a message to its stage, and
 * what the commit that added a second voice engine touched. `--write` puts it into docs/design.md.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import ts from 'typescript';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const DESIGN = path.join(root, 'docs', 'design.md');
const MARKS = ['<!-- house: begin -->', '<!-- house: end -->'];

/** From the input handler of a stage node to the function of its stage. */
const WAY = JSON.parse(readFileSync(path.join(root, 'scripts', 'way.json'), 'utf8'));

const report = describe();
console.log(report);
if (process.argv.includes('--write')) await put(report);

function describe() {
  const files = codeFiles();
  const lines = files.map((file) => ({ file, count: linesOf(file) }));
  lines.sort((a, b) => a.count - b.count);
  const largest = lines.at(-1);
  const folders = new Set(files.map((file) => path.dirname(file)));
  const { total, once } = exportUse(files);
  const rows = [
    ['files', files.length],
    ['folders', folders.size],
    ['median file', `${lines[Math.floor(lines.length / 2)].count} lines`],
    ['largest file', `${largest.count} lines (${largest.file})`],
    ['lines', lines.reduce((sum, { count }) => sum + count, 0)],
    ['exports', `${total}, of which ${once} are used by one other file only`],
    ['cycles', cycles()],
    ['from a message to its stage', `${WAY.length} files`],
    ['files of the commit that added Flite', fliteFiles().length || 'not in this history'],
  ];
  const table = ['| what | how much |', '| --- | --- |'];
  for (const [what, value] of rows) table.push(`| ${what} | ${value} |`);
  const way = checkedWay().map((file, index) => `${index + 1}. \`${file}\``);
  const flite = fliteFiles().map((file) => `- \`${file}\``);
  return [
    'Counted in TypeScript, JavaScript and browser code under `src`, `nodes` and `resources`, as kept in git (`npm run house`).',
    table.join('\n'),
    'From the input handler of a stage node (here tts) to the function of its stage:',
    way.join('\n'),
    ...(flite.length > 0 ? ['The commit that added Flite touched:', flite.join('\n')] : []),
  ].join('\n\n');
}

function git(...args) {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean);
}

function codeFiles() {
  return git('ls-files', 'src', 'nodes', 'resources').filter(
    (file) => /\.(ts|js|mjs|cjs)$/.test(file) && existsSync(path.join(root, file)),
  );
}

function linesOf(file) {
  return readFileSync(path.join(root, file), 'utf8').split('\n').length - 1;
}

/** How many names are exported, and how many of them exactly one other file of the code imports. */
function exportUse(files) {
  const known = new Set(files);
  const users = new Map();
  for (const file of files) {
    for (const name of exportsOf(file)) users.set(`${file}#${name}`, new Set());
  }
  for (const file of files) {
    for (const [target, names] of importsOf(file, known)) {
      for (const name of names) users.get(`${target}#${name}`)?.add(file);
    }
  }
  const once = [...users.values()].filter((by) => by.size === 1).length;
  return { total: users.size, once };
}

function parse(file) {
  const text = readFileSync(path.join(root, file), 'utf8');
  return ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
}

function exportsOf(file) {
  const names = [];
  for (const statement of parse(file).statements) {
    const isExported = statement.modifiers?.some(
      ({ kind }) => kind === ts.SyntaxKind.ExportKeyword,
    );
    if (!isExported) continue;
    if (statement.name) names.push(statement.name.text);
    for (const { name } of statement.declarationList?.declarations ?? []) {
      if (name.text) names.push(name.text);
    }
  }
  return names;
}

/** Names by the file that they come from; through the contract's index to where they are declared. */
function importsOf(file, known) {
  const found = [];
  for (const statement of parse(file).statements) {
    const { moduleSpecifier, importClause, exportClause } = statement;
    if (!moduleSpecifier?.text?.startsWith('.')) continue;
    const target = resolve(file, moduleSpecifier.text, known);
    const elements = importClause?.namedBindings?.elements ?? exportClause?.elements ?? [];
    const names = elements.map(({ name, propertyName }) => (propertyName ?? name).text);
    if (!target) continue;
    found.push([target, names]);
    if (!target.endsWith('/index.ts')) continue;
    for (const { moduleSpecifier: from } of parse(target).statements) {
      const inner = from && resolve(target, from.text, known);
      if (inner) found.push([inner, names]);
    }
  }
  return found;
}

function resolve(file, specifier, known) {
  const place = path.join(path.dirname(file), specifier).replace(/\.js$/, '');
  return [`${place}.ts`, `${place}/index.ts`, place].find((each) => known.has(each));
}

function cycles() {
  const command = path.join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = [command, '--config', '.dependency-cruiser.cjs', '-T', 'json', 'src', 'nodes'];
  const options = { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 };
  const { stdout } = spawnSync(process.execPath, args, options);
  const { violations } = JSON.parse(stdout).summary;
  return violations.filter(({ rule }) => rule.name === 'no-cycles').length;
}

/** Each file of the way, which a file before it on the way imports or starts. */
function checkedWay() {
  const known = new Set(codeFiles());
  WAY.forEach((file, index) => {
    if (!known.has(file)) throw new Error(`scripts/way.json names ${file}, which is not there.`);
    const text = WAY.slice(0, index).map((before) => readFileSync(path.join(root, before), 'utf8'));
    const name = path.basename(file, '.ts');
    if (index > 0 && !text.some((each) => new RegExp(`\\b${name}\\b`).test(each))) {
      throw new Error(`scripts/way.json: no file before ${file} on the way names it.`);
    }
  });
  return WAY;
}

function fliteFiles() {
  const [commit] = git('log', '--grep', '^feat(tts): Flite', '--format=%H', '-1');
  return commit ? git('show', '--name-only', '--format=', commit) : [];
}

async function put(text) {
  const page = readFileSync(DESIGN, 'utf8');
  const [begin, end] = MARKS.map((mark) => page.indexOf(mark));
  if (begin < 0 || end < begin) throw new Error(`docs/design.md lacks ${MARKS.join(' and ')}.`);
  const whole = `${page.slice(0, begin + MARKS[0].length)}\n\n${text}\n\n${page.slice(end)}`;
  writeFileSync(DESIGN, await format(whole, { parser: 'markdown', printWidth: 100 }));
}
