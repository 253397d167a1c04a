import { lstat, readdir, realpath, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LipwireError, toLipwireError } from '../contract';
import { makeFolder } from '../files/make-folder';
import { temporaryName } from '../files/temporary-names';
import { homedir, tmpdir } from 'node:os';

export interface Workspace {
  readonly root: string;
  /** One folder an artifact, named by its key. */
  readonly artifacts: string;
  /** Kept files, named by their content. */
  readonly inputs: string;
  /** Work in progress; on the same file system, so that it can be renamed into place. */
  readonly temporary: string;
  readonly ages: Ages;
}

/** Marks a folder that Lipwire made and may delete in. */
const MARKER = 'lipwire-workspace.json';

/** Entries of a workspace's root. */
const OWN = new Set([MARKER, 'artifacts', 'inputs', 'tmp', 'models']);

/**
 * Makes or opens a workspace.
 * @param ours whether it is the default folder, which must belong to the user alone
 * @throws E_PATH when the folder cannot be used or holds other files; E_DISK
 */
export async function openWorkspace(folder: string, ours: boolean): Promise<Workspace> {
  const wanted = path.resolve(folder);
  try {
    await makeFolder(wanted, 0o700);
    if (ours) await expectOwnFolder(wanted);
    const root = await realpath(wanted);
    await expectWorkspace(root);
    const workspace = {
      root,
      artifacts: path.join(root, 'artifacts'),
      inputs: path.join(root, 'inputs'),
      temporary: path.join(root, 'tmp'),
      ages: new Ages(),
    };
    for (const part of [workspace.artifacts, workspace.inputs, workspace.temporary]) {
      await makeFolder(part, 0o700);
      await expectRealFolder(part);
    }
    // Rewritten each time: cleaners of temporary folders go by age.
    const about = { format: 1, about: 'Lipwire keeps its work here and deletes what is old.' };
    await writeFile(path.join(root, MARKER), `${JSON.stringify(about)}\n`, { mode: 0o600 });
    return workspace;
  } catch (error) {
    throw unusable(wanted, error);
  }
}

/** A new path in the workspace's temporary folder; nothing is made there. */
export async function temporaryFolder(workspace: Workspace): Promise<string> {
  await makeFolder(workspace.temporary, 0o700);
  return path.join(workspace.temporary, temporaryName());
}

/** Deletes a temporary folder; on failure the next sweep does. */
export async function discard(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 2 }).catch(() => undefined);
}

/** In a folder that all users share, another user may have taken the name. */
async function expectOwnFolder(folder: string): Promise<void> {
  const stats = await lstat(folder);
  const user = process.getuid?.();
  if (!stats.isDirectory()) throw new Refusal('it is a link or a file');
  if (user === undefined) return;
  if (stats.uid !== user) throw new Refusal('it belongs to another user');
  if (stats.mode & 0o022) throw new Refusal('other users may write into it');
}

async function expectWorkspace(root: string): Promise<void> {
  if (!(await stat(root)).isDirectory()) throw new Refusal('it is not a folder');
  const foreign = (await readdir(root)).filter((name) => !OWN.has(name));
  if (foreign.length === 0) return;
  const marker = await lstat(path.join(root, MARKER)).catch(() => undefined);
  if (!marker?.isFile()) throw new Refusal(`it holds other files (${foreign[0]})`);
}

async function expectRealFolder(folder: string): Promise<void> {
  if (!(await lstat(folder)).isDirectory()) {
    throw new Refusal(`its ${path.basename(folder)} is a link or a file`);
  }
}

class Refusal extends Error {}

function unusable(folder: string, error: unknown): LipwireError {
  const failure = toLipwireError(error);
  if (failure.code === 'E_DISK') return failure;
  const why = error instanceof Refusal ? error.message : reason(error as NodeJS.ErrnoException);
  return new LipwireError(
    'E_PATH',
    `Expected an empty folder or an earlier workspace at ${folder} but ${why}; choose another workspace folder.`,
    { cause: error },
  );
}

function reason(error: NodeJS.ErrnoException): string {
  if (error.code === 'EEXIST' || error.code === 'ENOTDIR') return 'a file is in its place';
  if (error.code === 'EACCES' || error.code === 'EPERM') return 'it may not be written to';
  if (error.code === 'EROFS' || error.code === 'ENOENT') return 'it cannot be written to';
  return error.message;
}

/** `lipwire-<user>` in the system's temporary folder; on Windows that folder is the user's own. */
export function defaultWorkspace(): string {
  const user = process.getuid?.();
  return path.join(tmpdir(), user === undefined ? 'lipwire' : `lipwire-${user}`);
}

/**
 * The folder for models: as set, else LIPWIRE_MODELS, else the user's cache folder, else, where that
 * cannot be written, the workspace. Never Node-RED's user folder, which is backed up.
 */
export async function modelsFolder(setting: string, workspace: string): Promise<string> {
  const chosen = setting || process.env['LIPWIRE_MODELS'];
  if (chosen) return path.resolve(chosen);
  const folder = path.join(cacheFolder(), 'lipwire', 'models');
  try {
    await makeFolder(folder);
    return folder;
  } catch {
    return path.join(workspace, 'models');
  }
}

function cacheFolder(): string {
  const { XDG_CACHE_HOME: xdg, LOCALAPPDATA: local } = process.env;
  if (process.platform === 'win32' && local) return local;
  if (xdg && path.isAbsolute(xdg)) return xdg;
  if (process.platform === 'darwin') return path.join(homedir(), 'Library', 'Caches');
  return path.join(homedir(), '.cache');
}

/** Milliseconds: the wall clock, which can be set, and a monotonic one. */
interface Clocks {
  now(): number;
  steady(): number;
}

const CLOCKS: Clocks = { now: () => Date.now(), steady: () => performance.now() };

/** Milliseconds of a file system's coarsest time stamps: FAT's. */
const RESOLUTION = 2000;

/**
 * How long ago entries of a workspace were used. Time stamps of files say it by the wall clock, also for
 * other processes and after a restart. Once seen, an age is followed by the monotonic clock: nothing
 * ages or stays because the wall clock is set.
 */
export class Ages {
  /** The last use: by the monotonic clock, and the file's time stamp. */
  readonly #uses = new Map<string, { at: number; stamp: number }>();

  constructor(private readonly clocks: Clocks = CLOCKS) {}

  /** Notes a use by this process. @returns the time stamp for the file */
  use(name: string): Date {
    const stamp = this.clocks.now();
    this.#uses.set(name, { at: this.clocks.steady(), stamp });
    return new Date(stamp);
  }

  /** Milliseconds since the last use. @param stamp the file's time stamp */
  of(name: string, stamp: number): number {
    const use = this.#uses.get(name);
    if (use && Math.abs(use.stamp - stamp) <= RESOLUTION) return this.clocks.steady() - use.at;
    // First seen, or used by another process. A stamp in the future is older than a change of the clock.
    const age = Math.max(0, this.clocks.now() - stamp);
    this.#uses.set(name, { at: this.clocks.steady() - age, stamp });
    return age;
  }

  keepOnly(names: ReadonlySet<string>): void {
    for (const name of this.#uses.keys()) if (!names.has(name)) this.#uses.delete(name);
  }
}
