/**
 * The nodes' help as Node-RED shows it: parts that several nodes share and the list of parameters, which
 * comes from their table, are put into nodes/<name>/locales/<language>/<name>.html.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
// The tables are read from their source, so that no order of building has to be kept.
import { require as requireSource } from 'tsx/cjs/api';

const NODES = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../nodes');
const { STAGES } = requireSource('../src/stages.ts', import.meta.url);
const { COLLECTING } = requireSource('../nodes/stitch/settings.ts', import.meta.url);

/** A list that is longer is left to the description. */
const MOST_CHOICES = 8;

/** What a node's messages can set. */
export function parametersOf(name) {
  return { ...STAGES[name]?.parameters, ...(name === 'stitch' && COLLECTING) };
}

/** The descriptions of a node's parameters. Code stands in backticks. */
export function descriptionsOf(name, language) {
  const file = path.join(NODES, name, 'locales', language, `${name}.json`);
  return JSON.parse(readFileSync(file, 'utf8'))[`lipwire-${name}`].help;
}

/**
 * A node's help in a language. `<!-- help: parameters -->` stands for its parameters, any other name for
 * a part of nodes/shared/locales/<language>/help.html.
 */
export function help(name, language) {
  const source = readFileSync(path.join(NODES, name, 'locales', language, `${name}.html`), 'utf8');
  const shared = readFileSync(path.join(NODES, 'shared/locales', language, 'help.html'), 'utf8');
  return source.replace(/^( *)<!-- help: (\w+) -->\n/gm, (_, indent, part) => {
    if (part === 'parameters') return parameterList(name, language).replace(/^/gm, indent) + '\n';
    const found = new RegExp(`<template id="${part}">\n([^]*?)</template>`).exec(shared)?.[1];
    if (!found) throw new Error(`Expected the part ${part} in the shared help: ${language}.`);
    return found.replace(/^ {2}(?=.)/gm, indent);
  });
}

function parameterList(name, language) {
  const words = JSON.parse(
    readFileSync(path.join(NODES, 'shared/locales', language, 'help.json'), 'utf8'),
  ).parameter;
  const descriptions = descriptionsOf(name, language);
  const entries = Object.entries(parametersOf(name)).map(([key, parameter]) => {
    const description = descriptions[key];
    if (!description) throw new Error(`Expected the text help.${key} of ${name}: ${language}.`);
    const facts = factsOf(parameter, words);
    const text = facts ? description + (words.end === '.' ? ' ' : '') + facts : description;
    return [
      `<dt class="optional">${key} <span class="property-type">${typeOf(parameter, words)}</span></dt>`,
      `<dd>${text.replace(/`(.*?)`/g, '<code>$1</code>')}</dd>`,
    ].join('\n');
  });
  return entries.join('\n');
}

function typeOf({ type }, words) {
  if (type === 'flag') return words.boolean;
  return type === 'number' || type === 'numbers' ? words[type] : words.string;
}

/** Range or choices, and the default, as a sentence; empty where there are none. */
function factsOf(parameter, words) {
  const { type, min, max, of = [], default: preset } = parameter;
  const code = (value) => (type === 'number' ? value : `\`${value}\``);
  let values = '';
  if (type === 'number') values = words.range.replace('__min__', min).replace('__max__', max);
  else if (of.length <= MOST_CHOICES) values = of.map(code).join(words.listed);
  const facts = [
    values && words.values.replace('__values__', values),
    preset === '' ? '' : words.default.replace('__value__', code(preset)),
  ];
  const sentence = facts.filter(Boolean).join(words.between);
  return sentence && sentence[0].toUpperCase() + sentence.slice(1) + words.end;
}
