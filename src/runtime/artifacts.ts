/**
 * How an artifact is written down. Its output names files; where they lie is not part of the record,
 * so that the workspace can be moved and equal inputs can lie in different places.
 */
import type { MadeFile } from './worker/protocol';
import type { Json } from './artifact-key';
import type { StageName } from '../stages';
import { lstat, mkdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LipwireError } from '../contract';
import { discard, temporaryFolder, type Workspace } from './workspace';

export const RECORD_FILE = 'artifact.json';

/** A place in the output that holds a path: of a file of the artifact, or of an input file. */
type PathPlace = { at: (string | number)[] } & ({ file: string } | { input: number });

interface ArtifactRecord {
  format: 1;
  stage: StageName;
  version: number;
  created: string;
  /** The output with null wherever {@link paths} has an entry. */
  output: Json;
  paths: PathPlace[];
  files: MadeFile[];
}

/**
 * Takes the paths out of an output.
 * @param folder the job's folder, under which the made files lie
 * @param inputs paths of the input files, in the order of the catalogue
 */
export function takePathsOut(
  output: unknown,
  folder: string,
  inputs: readonly string[],
): { output: Json; paths: PathPlace[] } {
  // This runs on Node-RED's thread, and a text can have thousands of segments: one copy, one pass.
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

/** The counterpart of {@link takePathsOut}: a new output with the paths that hold here. */
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

/** An artifact that is there, whole. */
export interface Artifact {
  key: string;
  folder: string;
  record: ArtifactRecord;
}

/** Finished artifacts: each is there whole or not at all. */
export class ArtifactStore {
  constructor(private readonly workspace: Workspace) {}

  /** Path of a file of an artifact, given as in its record; '' is the folder itself. */
  static fileOf({ folder }: Artifact, file: string): string {
    return path.join(folder, ...file.split('/'));
  }

  /**
   * The artifact of a key, marked as just used; undefined when there is none. One that is damaged
   * (a file is missing or of another size) is deleted.
   */
  async find(key: string): Promise<Artifact | undefined> {
    const folder = path.join(this.workspace.artifacts, key);
    const found = await lstat(folder).catch(() => undefined);
    if (!found) return undefined;
    const record = found.isDirectory() ? await readWhole(folder) : undefined;
    if (record && (await this.touch(key))) return { key, folder, record };
    await this.remove(key);
    return undefined;
  }

  /**
   * Makes a job's folder the artifact of a key, in one step. Where another process was faster, its
   * artifact is taken and this one is dropped.
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

  /** Deletes an artifact: first out of sight in one step, then file by file. */
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
