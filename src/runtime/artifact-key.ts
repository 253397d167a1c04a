import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from './canonical';
import type { FileHash } from './file-hashes';
import type { StageName } from '../stages';

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
