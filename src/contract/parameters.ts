/** Tables of parameters, and how values are read from messages, settings and command lines. */
import { inputError } from './errors';

interface ParameterNotes {
  /** For command line and docs; dialogs have the text `unit.<key>`. */
  unit?: string;
  /** The version of the node's settings that introduced it; left out: 1. */
  since?: number;
  /** The only engine that reads it. */
  engine?: string;
  /** Read only while another parameter has one of these values, or none of them. */
  when?:
    { parameter: string; is: readonly string[] } | { parameter: string; isNot: readonly string[] };
  /** Grouped in the dialog under the text `heading.<section>`. */
  section?: string;
  /** Font Awesome icon of the dialog's row. */
  icon?: string;
  /** A setting of the node only: no message overrides it. */
  fixed?: true;
  /** A credential of Node-RED: kept apart from the flow, and never exported with it. */
  secret?: true;
}

/**
 * One parameter. Its texts have the keys `label.<key>`, `placeholder.<key>`, `unit.<key>` and
 * `<key>.<choice>` of the node's catalogue.
 */
export type Parameter = ParameterNotes &
  (
    | { type: 'number'; default: number; min: number; max: number; whole?: true }
    | { type: 'choice'; default: string; of: readonly string[] }
    /** One of these, or the user's own model. */
    | { type: 'model'; default: string; of: readonly string[] }
    | { type: 'flag'; default: boolean }
    /** `count` numbers, as a list or as text; empty: none. The value is text with spaces. */
    | {
        type: 'numbers';
        default: '';
        count: number;
        min: number;
        max: number;
        format: 'region' | 'pads';
      }
    | { type: 'text'; default: string; maxLength: number; format?: TextFormat }
  );

/** Checked texts; `invalid.<format>` of the shared texts says what is expected. */
export type TextFormat = 'language' | 'renditions' | 'pads' | 'path';

/** By name, in the order of dialog, help and docs. */
export type ParameterTable = Record<string, Parameter>;

export type ValuesOf<T extends ParameterTable> = {
  -readonly [K in keyof T]: T[K] extends { type: 'number' }
    ? number
    : T[K] extends { type: 'flag' }
      ? boolean
      : T[K] extends { type: 'choice'; of: readonly (infer C)[] }
        ? C
        : string;
};

/** Names that Windows keeps for devices, with any ending (CON, NUL.onnx, …). */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)$/;

const NAME = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9_-])?$/;

/** Whether a text can be a model's name: lower case, no path, not hidden, no device of Windows. */
export function isModelName(name: string): boolean {
  return NAME.test(name) && !name.includes('..') && !DEVICE.test(name.split('.')[0]);
}

/** The first source that has a value wins. */
export interface ParameterSource {
  /** How errors call a value of this source, for example `msg.rate`. */
  name(parameter: string): string;
  get(parameter: string): unknown;
}

/** A source that reads properties of an object; `undefined`, `null` and `''` count as not set. */
export function objectSource(prefix: string, values: object): ParameterSource {
  return {
    name: (parameter) => `${prefix}${parameter}`,
    get: (parameter) => (values as Record<string, unknown>)[parameter],
  };
}

/**
 * Reads and checks all values of a table. Numbers and flags may be strings, as from settings and MQTT.
 * @throws E_INPUT naming the parameter, what was expected and what came
 */
export function resolveParameters<T extends ParameterTable>(
  table: T,
  sources: readonly ParameterSource[],
): ValuesOf<T> {
  const values: Record<string, unknown> = {};
  for (const [key, parameter] of Object.entries(table)) {
    const source = sources.find((candidate) => isSet(candidate.get(key)));
    values[key] = source
      ? convert(parameter, source.get(key), source.name(key))
      : parameter.default;
  }
  return values as ValuesOf<T>;
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

function convert(parameter: Parameter, value: unknown, name: string): unknown {
  switch (parameter.type) {
    case 'number':
      return convertNumber(parameter, value, name);
    case 'choice':
      if (typeof value === 'string' && parameter.of.includes(value)) return value;
      if (typeof value === 'number' && parameter.of.includes(`${value}`)) return `${value}`;
      throw inputError(name, `one of ${parameter.of.join(', ')}`, value);
    case 'model':
      if (typeof value === 'string' && isModelName(value)) return value;
      throw inputError(name, `one of ${parameter.of.join(', ')}, or a model of your own`, value);
    case 'flag':
      if (value === true || value === 'true') return true;
      if (value === false || value === 'false') return false;
      throw inputError(name, 'true or false', value);
    case 'numbers':
      return convertNumbers(parameter, value, name);
    case 'text':
      if (typeof value === 'string' && value.length <= parameter.maxLength) return value;
      throw inputError(name, `a string of at most ${parameter.maxLength} characters`, value);
  }
}

/** The numbers of a `numbers` parameter; undefined for none. */
export function numbersOf(value: string): number[] | undefined {
  return value === '' ? undefined : value.split(' ').map(Number);
}

function convertNumbers(
  { count, min, max }: Extract<Parameter, { type: 'numbers' }>,
  value: unknown,
  name: string,
): string {
  const parts: unknown[] = Array.isArray(value)
    ? value
    : typeof value === 'string'
      ? value.trim().split(/[\s,]+/)
      : [];
  const isNumeric = (part: unknown) => typeof part === 'number' || typeof part === 'string';
  const numbers = parts.map((part) => (isNumeric(part) && part !== '' ? Number(part) : NaN));
  if (numbers.length === count && numbers.every((number) => number >= min && number <= max)) {
    return numbers.join(' ');
  }
  throw inputError(name, `${count} numbers from ${min} to ${max}`, value);
}

function convertNumber(
  { min, max, whole }: Extract<Parameter, { type: 'number' }>,
  value: unknown,
  name: string,
): number {
  const isNumeric = typeof value === 'number' || (typeof value === 'string' && value.trim() !== '');
  const result = isNumeric ? Number(value) : NaN;
  if (!(result >= min && result <= max) || (whole && !Number.isInteger(result))) {
    throw inputError(name, `a ${whole ? 'whole ' : ''}number from ${min} to ${max}`, value);
  }
  return result;
}
