/** Every parameter of every stage as an option of `lipwire render`, and as a key of its `--config`. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  inputError,
  resolveParameters,
  SERVER_NAMES,
  serverAddress,
  toLipwireError,
  type Parameter,
  type ParameterSource,
  type ParameterTable,
  type ServerName,
} from '../contract';
import type { StudioOptions } from '../runtime/types';
import { STAGE_NAMES, STAGES, type StageName, type StageParameters } from '../stages';
import { suggestion, UsageError, type Option, type OptionTable } from './options';

/** What the options of a stage begin with. */
const PREFIXES: Record<StageName, string> = {
  'text-segment': 'text',
  tts: 'tts',
  loudnorm: 'loudnorm',
  'face-detect': 'face',
  wav2lip: 'wav2lip',
  stitch: 'stitch',
  'hls-export': 'hls',
};

/** Short names; the long one wins. */
const SHORT: Record<string, string[]> = {
  model: ['wav2lip-model'],
  fps: ['wav2lip-fps'],
  voice: ['tts-voice'],
  language: ['text-language', 'tts-language'],
};

/** More choices than these are left to the documentation. */
const MOST_CHOICES = 8;

/** `faceNumber` of face-detect → `face-number`, `rate` of tts → `tts-rate`. */
export function optionName(stage: StageName, parameter: string): string {
  const words = parameter.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const prefix = PREFIXES[stage];
  return words.startsWith(`${prefix}-`) ? words : `${prefix}-${words}`;
}

/** The options of each stage, with a heading. */
export function stageOptions(): { heading: string; table: OptionTable }[] {
  return STAGE_NAMES.map((stage) => {
    // The English texts of the editor's help; the build calls them as Node-RED wants, node.json.
    const folder = path.join(__dirname, '../../nodes', stage, 'locales/en-US');
    const built = path.join(folder, 'node.json');
    const file = existsSync(built) ? built : path.join(folder, `${stage}.json`);
    const { help } = (
      JSON.parse(readFileSync(file, 'utf8')) as Record<string, { help: Record<string, string> }>
    )[`lipwire-${stage}`];
    const options = Object.entries(tableOf(stage)).map(([key, parameter]): [string, Option] => {
      const [sentence = ''] = /^.*?(?=\.(?: |$)|$)/.exec(help[key] ?? '') ?? [];
      return [optionName(stage, key), optionOf(parameter, sentence.replaceAll('`', ''))];
    });
    return { heading: `Of ${stage}:`, table: Object.fromEntries(options) };
  });
}

function tableOf(stage: StageName): ParameterTable {
  return STAGES[stage].parameters;
}

function optionOf(parameter: Parameter, description: string): Option {
  const more = factsOf(parameter).join('; ');
  const facts = more ? `${description} (${more})` : description;
  if (parameter.type === 'flag') return { value: 'true|false', optional: true, help: facts };
  const values = {
    number: 'NUMBER',
    numbers: 'N,N,…',
    choice: 'NAME',
    model: 'NAME',
    text: 'TEXT',
  };
  return { value: values[parameter.type], help: facts };
}

function factsOf(parameter: Parameter): string[] {
  const facts: string[] = [];
  if (parameter.type === 'number' || parameter.type === 'numbers') {
    const { min, max, unit } = parameter;
    const before = parameter.type === 'numbers' ? `${parameter.count} numbers from ` : '';
    const after = parameter.type === 'number' && parameter.whole ? ', whole' : '';
    facts.push(`${before}${min} to ${max}${unit ? ` ${unit}` : ''}${after}`);
  } else if ('of' in parameter) {
    const names = parameter.of.slice(0, MOST_CHOICES).join(', ');
    facts.push(parameter.of.length > MOST_CHOICES ? `${names}, …` : names);
  }
  if (parameter.default !== '') facts.push(`default ${parameter.default}`);
  return facts;
}

/** What stands in a file of `--config`: options by name, as on the command line. */
export interface Config {
  file: string;
  values: Record<string, unknown>;
}

/**
 * Reads a file of `--config`: a JSON object with options by name (`"out": "a.mp4"`, `"tts-rate": 180`)
 * or, under the name of a stage, its parameters as messages call them (`"tts": { "rate": 180 }`).
 * @param table all options that may stand in it
 * @throws E_INPUT, E_PATH; UsageError for a name that there is not
 */
export function readConfig(file: string, table: OptionTable): Config {
  const values: Record<string, unknown> = {};
  const refuse = (called: string, name: string, known: object): never => {
    const hint = suggestion(name, Object.keys(known));
    throw new UsageError(`There is no option ${called} in ${file}${hint}.`);
  };
  for (const [key, value] of Object.entries(readJson(file))) {
    if (!Object.hasOwn(STAGES, key)) {
      if (!Object.hasOwn(table, key) || key === 'config') refuse(key, key, table);
      values[key] = value;
      continue;
    }
    const parameters = tableOf(key as StageName);
    for (const [name, each] of Object.entries(objectOf(value, `${key} in ${file}`))) {
      if (!Object.hasOwn(parameters, name)) refuse(`${key}.${name}`, name, parameters);
      values[optionName(key as StageName, name)] = each;
    }
  }
  return { file, values };
}

/** @throws E_INPUT, E_PATH */
function readJson(file: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw toLipwireError(error);
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw inputError('--config', 'a file with a JSON object', file);
  }
  return objectOf(content, `--config ${file}`);
}

function objectOf(value: unknown, name: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw inputError(name, 'a JSON object', value);
}

/**
 * The servers that voices come from: those of a file, as on the command line, or of a configuration
 * itself.
 * @throws E_INPUT, E_PATH; UsageError for a server or a setting that there is not
 */
export function readServers(given: unknown): NonNullable<StudioOptions['servers']> {
  if (given === undefined || given === null) return {};
  const all = typeof given === 'string' ? readJson(given) : objectOf(given, 'servers');
  const known = (name: string, names: readonly string[]): void => {
    if (names.includes(name)) return;
    throw new UsageError(`There is no ${name} of servers${suggestion(name, names)}.`);
  };
  for (const [name, server] of Object.entries(all)) {
    known(name, SERVER_NAMES);
    // What came is not repeated: it may be a key.
    const parts = typeof server === 'object' ? server : typeof server;
    for (const [part, value] of Object.entries(objectOf(parts, `servers.${name}`))) {
      known(part, ['address', 'key', 'model', 'voice']);
      if (typeof value !== 'string') throw inputError(`servers.${name}.${part}`, 'a text', {});
      if (part === 'address') serverAddress(name as ServerName, value, `servers.${name}.address`);
    }
  }
  return all;
}

/**
 * The parameters of all stages, from the command line and, below it, from a configuration.
 * @throws E_INPUT naming the option that is wrong
 */
export function stageParameters(
  options: Record<string, unknown>,
  config: Config | undefined,
): { [S in StageName]: StageParameters<S> } {
  const resolved = STAGE_NAMES.map((stage) => {
    const table = tableOf(stage);
    const sources = [sourceOf(stage, table, options, '--')];
    if (config) sources.push(sourceOf(stage, table, config.values, '', ` in ${config.file}`));
    return [stage, resolveParameters(table, sources)];
  });
  return Object.fromEntries(resolved) as { [S in StageName]: StageParameters<S> };
}

function sourceOf(
  stage: StageName,
  table: ParameterTable,
  values: Record<string, unknown>,
  before: string,
  after = '',
): ParameterSource {
  const given = (parameter: string): string => {
    const name = optionName(stage, parameter);
    const short = Object.keys(SHORT).find((each) => SHORT[each].includes(name));
    return values[name] === undefined && short ? short : name;
  };
  return {
    name: (parameter) => `${before}${given(parameter)}${after}`,
    get(parameter) {
      const value = values[given(parameter)];
      if (table[parameter].type !== 'text') return value;
      // JSON may have numbers, or a list of them, where the command line has text.
      if (Array.isArray(value)) return value.join(',');
      return typeof value === 'number' ? String(value) : value;
    },
  };
}
