import { lstat, readdir, realpath, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LipwireError, toLipwireError } from '../contract';
import { makeFolder } from '../files/make-folder';
import { temporaryName } from '../files/temporary-names';
import { homedir, tmpdir } from 'node:os';

/** The folder of a workspace and what is in it. */
export interface Workspace {
  readonly root: string;
  /** One folder an artifact, named by its key. */
  readonly artifacts: string;
  /** Buffers kept as files, named by their content. */
  readonly inputs: string;
  /** Work in progress; on the same file system, so that it can be renamed into place. */
  readonly temporary: string;
  /** When its things were last used. */
  readonly ages: Ages;
}

/** Says that Lipwire made this folder and may delete in it. */
const MARKER = 'lipwire-workspace.json';

/** All that a workspace may hold on its uppermost level. */
const OWN = new Set([MARKER, 'artifacts', 'inputs', 'tmp', 'models']);

/**
 * Makes or opens a workspace.
 * @param ours true for the default folder, which has to belong to the user alone
 * @throws E_PATH when the folder cannot be used or is somebody else's; E_DISK
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
    // Written each time: system-wide cleaners of temporary folders go by age.
    const about = { format: 1, about: 'Lipwire keeps its work here and deletes what is old.' };
    await writeFile(path.join(root, MARKER), `${JSON.stringify(about)}\n`, { mode: 0o600 });
    return workspace;
  } catch (error) {
    throw unusable(wanted, error);
  }
}

/** A new name for a folder of this process in the workspace's temporary folder; not made yet. */
export async function temporaryFolder(workspace: Workspace): Promise<string> {
  await makeFolder(workspace.temporary, 0o700);
  return path.join(workspace.temporary, temporaryName());
}

/** Deletes a temporary folder; what cannot be deleted now is left to the next sweep. */
export async function discard(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 2 }).catch(() => undefined);
}

/** In a folder that all users share, the name could have been taken by somebody else. */
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

/** Why a folder is not taken. */
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

/** `lipwire-<user>` in the system's temporary folder (on Windows that is the user's own anyway). */
export function defaultWorkspace(): string {
  const user = process.getuid?.();
  return path.join(tmpdir(), user === undefined ? 'lipwire' : `lipwire-${user}`);
}

/**
 * The folder for models: as set, else LIPWIRE_MODELS, else the user's cache folder, else (where
 * there is none that can be written) the workspace. Never Node-RED's user folder: that is backed up.
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

/** The time of day, which can be set, and a clock that only goes on. Both in milliseconds. */
interface Clocks {
  now(): number;
  steady(): number;
}

const CLOCKS: Clocks = { now: () => Date.now(), steady: () => performance.now() };

/** What is known of the last use of something. */
interface Use {
  /** By the steady clock. */
  at: number;
  /** The time of day that the file system has for it. */
  stamp: number;
}

/** Times of day that a file system keeps apart: FAT knows every second second. */
const RESOLUTION = 2000;

/**
 * How long ago the things of a workspace were used. The file system knows it by the time of day, also
 * for other processes and after a restart; what was seen once is then followed by the steady clock, so
 * that nothing turns old when the time of day is set forward, or stays for ever when it is set back.
 */
export class Ages {
  readonly #uses = new Map<string, Use>();

  constructor(private readonly clocks: Clocks = CLOCKS) {}

  /**
   * It is used now, by this process.
   * @returns the time of day for the file system
   */
  use(name: string): Date {
    const stamp = this.clocks.now();
    this.#uses.set(name, { at: this.clocks.steady(), stamp });
    return new Date(stamp);
  }

  /**
   * Milliseconds since the last use.
   * @param stamp its time of day, as the file system has it
   */
  of(name: string, stamp: number): number {
    const use = this.#uses.get(name);
    if (use && Math.abs(use.stamp - stamp) <= RESOLUTION) return this.clocks.steady() - use.at;
    // Seen for the first time, or used by another process. Times to come were set before the clock was.
    const age = Math.max(0, this.clocks.now() - stamp);
    this.#uses.set(name, { at: this.clocks.steady() - age, stamp });
    return age;
  }

  /** Forgets all others. */
  keepOnly(names: ReadonlySet<string>): void {
    for (const name of this.#uses.keys()) if (!names.has(name)) this.#uses.delete(name);
  }
}
