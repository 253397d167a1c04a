/**
 * The cache: keys of artifacts, their records and their store. A record holds no absolute path, so that
 * the workspace can be moved and equal inputs can lie in different folders.
 */
import type { MadeFile } from './worker/protocol';
import type { StageName } from '../stages';
import { lstat, mkdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LipwireError } from '../contract';
import { discard, temporaryFolder, type Workspace } from './workspace';
import { createHash } from 'node:crypto';
import type { FileHash } from './file-hashes';

export const RECORD_FILE = 'artifact.json';

/** A place in the output that holds the path of a file of the artifact, or of an input file. */
type PathPlace = { at: (string | number)[] } & ({ file: string } | { input: number });

interface ArtifactRecord {
  format: 1;
  stage: StageName;
  version: number;
  created: string;
  /** When the cache stops giving it. It stays where it is: what was made of it may still be read. */
  expires?: string;
  /** The output with null wherever {@link paths} has an entry. */
  output: Json;
  paths: PathPlace[];
  files: MadeFile[];
}

/**
 * Takes the paths out of an output.
 * @param folder the job's folder, which holds the made files
 */
export function takePathsOut(
  output: unknown,
  folder: string,
  inputs: readonly string[],
): { output: Json; paths: PathPlace[] } {
  // Node-RED's thread, and perhaps thousands of segments: one copy, one pass.
  const holder = [JSON.parse(JSON.stringify(output ?? null)) as Json];
  const paths: PathPlace[] = [];
  const at: (string | number)[] = [];
  function visit(parent: Record<string | number, Json>, key: string | number): void {
    const value = parent[key];
    if (typeof value === 'string') {
      const place = placeOf(value, folder, inputs);
      if (!place) return;
      paths.push({ at: [...at], ...place });
      parent[key] = null;
    } else if (typeof value === 'object' && value !== null) {
      for (const step of Array.isArray(value) ? value.keys() : Object.keys(value)) {
        at.push(step);
        visit(value as Record<string | number, Json>, step);
        at.pop();
      }
    }
  }
  visit(holder as unknown as Record<number, Json>, 0);
  return { output: holder[0] ?? null, paths };
}

/** The inverse of {@link takePathsOut}: a copy of the output with today's paths. */
export function putPathsIn<T>(
  record: Pick<ArtifactRecord, 'output' | 'paths'>,
  resolveFile: (file: string) => string,
  inputs: readonly string[],
): T {
  const holder = { output: structuredClone(record.output) };
  for (const place of record.paths) {
    const path = 'file' in place ? resolveFile(place.file) : (inputs[place.input] ?? null);
    let parent: Record<string | number, Json> = holder;
    let key: string | number = 'output';
    for (const step of place.at) {
      parent = parent[key] as Record<string | number, Json>;
      key = step;
    }
    parent[key] = path;
  }
  return holder.output as T;
}

function placeOf(
  text: string,
  folder: string,
  inputs: readonly string[],
): { file: string } | { input: number } | undefined {
  if (text === folder) return { file: '' };
  if (text.startsWith(folder) && /^[\\/]/.test(text.slice(folder.length))) {
    return { file: text.slice(folder.length + 1).replaceAll('\\', '/') };
  }
  const input = inputs.indexOf(text);
  return input < 0 ? undefined : { input };
}

export interface Artifact {
  key: string;
  folder: string;
  record: ArtifactRecord;
}

/** Finished artifacts; each is published and deleted in one step. */
export class ArtifactStore {
  constructor(private readonly workspace: Workspace) {}

  /** @param file as in the record; '' is the folder itself */
  static fileOf({ folder }: Artifact, file: string): string {
    return path.join(folder, ...file.split('/'));
  }

  /**
   * The artifact of a key, marked as just used. A damaged one (a file is missing or of another size) is
   * deleted.
   */
  async find(key: string): Promise<Artifact | undefined> {
    const artifact = await this.#find(key);
    return artifact && isExpired(artifact) ? this.find(nextKey(artifact)) : artifact;
  }

  /** The key under which an artifact is made: another one where an expired one has that of its inputs. */
  async placeFor(key: string): Promise<string> {
    const artifact = await this.#find(key);
    return artifact && isExpired(artifact) ? this.placeFor(nextKey(artifact)) : key;
  }

  async #find(key: string): Promise<Artifact | undefined> {
    const folder = path.join(this.workspace.artifacts, key);
    const found = await lstat(folder).catch(() => undefined);
    if (!found) return undefined;
    const record = found.isDirectory() ? await readWhole(folder) : undefined;
    if (record && (await this.touch(key))) return { key, folder, record };
    await this.remove(key);
    return undefined;
  }

  /**
   * Renames a job's folder to the artifact of a key. Where another process was faster, its artifact is
   * returned.
   */
  async publish(key: string, made: string, record: ArtifactRecord): Promise<Artifact> {
    if (record.files.some((file) => file.path === RECORD_FILE)) {
      throw new LipwireError('E_INTERNAL', `A stage may not make a file called ${RECORD_FILE}.`);
    }
    await writeFile(path.join(made, RECORD_FILE), JSON.stringify(record), { mode: 0o600 });
    const folder = path.join(this.workspace.artifacts, key);
    // Cleaners of temporary folders may have taken it away.
    await mkdir(this.workspace.artifacts, { recursive: true, mode: 0o700 });
    for (let attempt = 0; attempt < 3; attempt++) {
      if (await movedTo(made, folder)) {
        await this.touch(key);
        return { key, folder, record };
      }
      // Deletes what is there if it is damaged, so that the next attempt succeeds.
      const other = await this.find(key);
      if (other) return other;
    }
    throw new LipwireError('E_DISK', `The artifact ${key} could not be put into ${folder}.`);
  }

  /** Renames an artifact away, then deletes it. */
  async remove(key: string): Promise<void> {
    const grave = await temporaryFolder(this.workspace);
    await rename(path.join(this.workspace.artifacts, key), grave).catch(() => undefined);
    await discard(grave);
  }

  /** Marks an artifact as just used; false where there is none. */
  async touch(key: string): Promise<boolean> {
    const now = this.workspace.ages.use(key);
    return utimes(path.join(this.workspace.artifacts, key, RECORD_FILE), now, now).then(
      () => true,
      () => false,
    );
  }
}

function isExpired({ record: { expires } }: Artifact): boolean {
  return expires !== undefined && Date.parse(expires) <= Date.now();
}

/** The key of what is made in place of an expired artifact. */
function nextKey({ key, record }: Artifact): string {
  return createHash('sha256').update(`${key} ${record.created}`).digest('hex');
}

/** Bytes of all files of an artifact. */
export function sizeOf(record: ArtifactRecord): number {
  return record.files.reduce((sum, file) => sum + file.size, 0);
}

/** Reads an artifact's record; undefined when there is none that makes sense. */
export async function readRecord(folder: string): Promise<ArtifactRecord | undefined> {
  try {
    const record = JSON.parse(
      await readFile(path.join(folder, RECORD_FILE), 'utf8'),
    ) as ArtifactRecord;
    return record.format === 1 && Array.isArray(record.files) ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Reads an artifact's record and checks that all its files are there. */
async function readWhole(folder: string): Promise<ArtifactRecord | undefined> {
  const record = await readRecord(folder);
  for (const file of record?.files ?? []) {
    const stats = await stat(path.join(folder, ...file.path.split('/'))).catch(() => undefined);
    if (!stats?.isFile() || stats.size !== file.size) return undefined;
  }
  return record;
}

/** False when something is there already. */
async function movedTo(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    // EPERM: Windows says so when the target exists.
    if (['ENOTEMPTY', 'EEXIST', 'EPERM', 'ENOTDIR'].includes(code)) return false;
    throw error;
  }
}

export interface KeyParts {
  stage: StageName;
  version: number;
  parameters: unknown;
  input: unknown;
  /** Models and settings that the output depends on. */
  models?: unknown;
  /** By path: every file that is read, whether the input names it or not. */
  hashes: ReadonlyMap<string, FileHash>;
}

/** Names of artifacts: 64 hexadecimal digits. */
export const KEY_PATTERN = /^[0-9a-f]{64}$/;

/**
 * The key of a stage's output: SHA-256 of all that the output depends on. Of a file only the content
 * counts; of a path into a workspace, what follows the workspace.
 */
export function artifactKey(key: KeyParts): string {
  const { stage, version, parameters, input, models, hashes } = key;
  const unnamed = new Map(hashes);
  const nameFile = (text: string): Json => {
    const hash = hashes.get(text);
    unnamed.delete(text);
    // `/any/where/artifacts/<key>/file` → `artifacts/<key>/file`
    if (!hash) return text.replace(/^.*[\\/](?=artifacts[\\/][0-9a-f]{64}[\\/])/, '');
    return { sha256: hash.sha256 };
  };
  const parts = [stage, version, canonicalJson(parameters), canonicalJson(input, nameFile)];
  if (models !== undefined) parts.push(canonicalJson(models));
  // Files that the input does not name, such as the records beside a video's track.
  const others = [...unnamed.values()].map(({ sha256 }) => sha256);
  if (others.length > 0) parts.push(canonicalJson(others));
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** Plain JSON data. */
type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Deepest nesting of an input. */
const DEPTH = 100;

/**
 * A value as plain JSON data with sorted keys. What JSON cannot hold is left out (undefined, functions)
 * or null (NaN), as in JSON.stringify.
 * @param replace called for every string; its result stands in the string's place
 * @throws E_INPUT for a cycle, a bigint, binary data, or nesting deeper than 100
 */
export function toJson(value: unknown, replace: (text: string) => Json = (text) => text): Json {
  return convert(value, replace, 0) ?? null;
}

export function plainJson<T>(value: T): T {
  return toJson(value) as T;
}

/** {@link toJson} as text. */
export function canonicalJson(value: unknown, replace?: (text: string) => Json): string {
  return JSON.stringify(toJson(value, replace));
}

function convert(value: unknown, replace: (text: string) => Json, depth: number): Json | undefined {
  if (depth > DEPTH) throw badInput('nests deeper than 100 levels or contains itself');
  if (typeof value === 'string') return replace(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'bigint') throw badInput('holds a bigint');
  if (typeof value !== 'object') return undefined;
  if (ArrayBuffer.isView(value)) throw badInput('holds a Buffer or a typed array');
  const inner = (item: unknown) => convert(item, replace, depth + 1);
  if ('toJSON' in value && typeof value.toJSON === 'function') return inner(value.toJSON());
  if (Array.isArray(value)) return value.map((item) => inner(item) ?? null);
  const entries: [string, Json][] = [];
  for (const key of Object.keys(value).sort()) {
    const item = inner((value as Record<string, unknown>)[key]);
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
