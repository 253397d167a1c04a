import { createHash } from 'node:crypto';
import type { FileHash } from './file-hashes';
import type { StageName } from '../stages';
import { LipwireError } from '../contract';

/** What a key is made of. */
export interface KeyParts {
  stage: StageName;
  version: number;
  parameters: unknown;
  input: unknown;
  /** Models and settings that the output depends on, where the stage has such. */
  models?: unknown;
  /** Of the content of each file that is read, by its path, whether the input names it or not. */
  hashes: ReadonlyMap<string, FileHash>;
}

/** Names of artifacts: 64 hexadecimal digits. */
export const KEY_PATTERN = /^[0-9a-f]{64}$/;

/**
 * The key of a stage's output: SHA-256 over all that the output depends on. Where a file lies does
 * not matter, only what is in it; a path into the workspace counts without the workspace's place.
 */
export function artifactKey({
  stage,
  version,
  parameters,
  input,
  models,
  hashes,
}: KeyParts): string {
  const unnamed = new Map(hashes);
  const nameFile = (text: string): Json => {
    const hash = hashes.get(text);
    unnamed.delete(text);
    return hash ? { sha256: hash.sha256 } : withoutPlace(text);
  };
  const parts = [stage, version, canonicalJson(parameters), canonicalJson(input, nameFile)];
  if (models !== undefined) parts.push(canonicalJson(models));
  // Such as the records beside a video's track: only their folder's other file is named.
  const others = [...unnamed.values()].map(({ sha256 }) => sha256);
  if (others.length > 0) parts.push(canonicalJson(others));
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** `/any/where/artifacts/<key>/file` → `artifacts/<key>/file` */
function withoutPlace(text: string): string {
  return text.replace(/^.*[\\/](?=artifacts[\\/][0-9a-f]{64}[\\/])/, '');
}

/** Plain JSON data. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Deepest nesting of an input; more is a mistake (or an attempt to exhaust the stack). */
const DEPTH = 100;

/**
 * A value as plain JSON data with sorted keys: what two equal values have in common. Whatever JSON
 * has no word for is left out (undefined, functions) or null (NaN), as JSON.stringify does it.
 * @param replace called for every string; what it returns stands in its place
 * @throws E_INPUT for a cycle, a bigint, or nesting deeper than 100
 */
export function toJson(value: unknown, replace: (text: string) => Json = (text) => text): Json {
  return convert(value, replace, 0) ?? null;
}

/** A copy of a value as plain JSON data. */
export function plainJson<T>(value: T): T {
  return toJson(value) as T;
}

/** {@link toJson} as text. */
export function canonicalJson(value: unknown, replace?: (text: string) => Json): string {
  return JSON.stringify(toJson(value, replace));
}

function convert(value: unknown, replace: (text: string) => Json, depth: number): Json | undefined {
  if (depth > DEPTH) throw badInput('nests deeper than 100 levels or contains itself');
  switch (typeof value) {
    case 'string':
      return replace(value);
    case 'number':
      return Number.isFinite(value) ? value : null;
    case 'boolean':
      return value;
    case 'bigint':
      throw badInput('holds a bigint');
    case 'object':
      return value === null ? null : convertObject(value, replace, depth);
    default:
      return undefined;
  }
}

function convertObject(
  value: object,
  replace: (text: string) => Json,
  depth: number,
): Json | undefined {
  if (ArrayBuffer.isView(value)) throw badInput('holds a Buffer or a typed array');
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    return convert(value.toJSON(), replace, depth + 1);
  }
  if (Array.isArray(value)) {
    return value.map((item) => convert(item, replace, depth + 1) ?? null);
  }
  const entries: [string, Json][] = [];
  for (const key of Object.keys(value).sort()) {
    const item = convert((value as Record<string, unknown>)[key], replace, depth + 1);
    if (item !== undefined) entries.push([key, item]);
  }
  return Object.fromEntries(entries);
}

function badInput(what: string): LipwireError {
  return new LipwireError(
    'E_INPUT',
    `Expected plain JSON data as input but it ${what}; pass files by their path.`,
  );
}
