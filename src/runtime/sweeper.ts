import { lstat, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { KEY_PATTERN } from './artifact-key';
import { RECORD_FILE, readRecord, sizeOf, type ArtifactStore } from './artifacts';
import { KEPT_FILE_PATTERN, touchKept } from './kept-files';
import type { Leases } from './leases';
import { HLS_FOLDERS, isLeftOver, isTemporaryName } from '../files/temporary-names';
import { discard, type Workspace } from './workspace';
import { toLipwireError } from '../contract';

interface Limits {
  maxBytes: number;
  maxAgeHours: number;
}

/** What the workspace holds. */
interface Contents {
  bytes: number;
  artifacts: number;
}

/** What was used within this time stays, whatever the limits say: somebody may be reading it. */
const RECENT = 15 * 60 * 1000;

interface Entry {
  name: string;
  /** Milliseconds since its last use. */
  age: number;
  size: number;
  remove(): Promise<void>;
}

/** Keeps a workspace within its limits. Deletes nothing but what Lipwire made there. */
export class Sweeper {
  /** Artifacts never change, so their sizes need to be read once only. */
  readonly #sizes = new Map<string, { inode: number; size: number }>();

  constructor(
    private readonly workspace: Workspace,
    private readonly store: ArtifactStore,
    private readonly leases: Leases,
    private readonly limits: Limits,
  ) {}

  /** Deletes what crashes left behind, what is too old, and then the longest unused until it fits. */
  async sweep(signal: AbortSignal, limits: Limits = this.limits): Promise<Contents> {
    await this.#deleteLeftOvers();
    const entries = (await this.#entries()).sort((a, b) => b.age - a.age);
    let bytes = entries.reduce((sum, entry) => sum + entry.size, 0);
    let deleted = 0;
    const oldest = limits.maxAgeHours * 3600 * 1000;
    for (const entry of entries) {
      if (signal.aborted) break;
      if (entry.age < oldest && bytes <= limits.maxBytes) break;
      if (entry.age < RECENT || this.leases.has(entry.name)) continue;
      await entry.remove();
      bytes -= entry.size;
      deleted += 1;
    }
    return { bytes, artifacts: entries.length - deleted };
  }

  /** What the workspace holds, without deleting anything. */
  async count(): Promise<Contents> {
    const entries = await this.#entries();
    return { bytes: entries.reduce((sum, { size }) => sum + size, 0), artifacts: entries.length };
  }

  /** Tells other processes that share the workspace what is in use here. */
  touchLeased(): Promise<void> {
    return this.touch(this.leases.names);
  }

  /** Marks artifacts and kept files as just used. Never rejects. */
  async touch(names: readonly string[]): Promise<void> {
    for (const name of names) {
      if (KEY_PATTERN.test(name)) await this.store.touch(name);
      else await touchKept(this.workspace, name).catch(() => undefined);
    }
  }

  async #entries(): Promise<Entry[]> {
    const artifacts = await listed(this.workspace.artifacts, KEY_PATTERN);
    const kept = await listed(this.workspace.inputs, KEPT_FILE_PATTERN);
    const entries: Entry[] = [];
    for (const name of artifacts) entries.push(...(await this.#artifact(name)));
    for (const name of kept) entries.push(...(await this.#keptFile(name)));
    this.#keepOnly(new Set(entries.map(({ name }) => name)));
    return entries;
  }

  /** Forgets what is gone, whoever deleted it. */
  #keepOnly(names: ReadonlySet<string>): void {
    for (const name of this.#sizes.keys()) if (!names.has(name)) this.#sizes.delete(name);
    this.workspace.ages.keepOnly(names);
  }

  async #artifact(name: string): Promise<Entry[]> {
    const folder = path.join(this.workspace.artifacts, name);
    const stats = await lstat(folder).catch(() => undefined);
    if (!stats?.isDirectory()) return [];
    const used = await lstat(path.join(folder, RECORD_FILE)).catch(() => stats);
    const size = await this.#size(name, folder, stats.ino);
    const remove = (): Promise<void> => this.store.remove(name);
    return [{ name, age: this.workspace.ages.of(name, used.mtimeMs), size, remove }];
  }

  async #size(name: string, folder: string, inode: number): Promise<number> {
    const known = this.#sizes.get(name);
    if (known?.inode === inode) return known.size;
    const record = await readRecord(folder);
    const size = record ? sizeOf(record) : 0;
    this.#sizes.set(name, { inode, size });
    return size;
  }

  async #keptFile(name: string): Promise<Entry[]> {
    const file = path.join(this.workspace.inputs, name);
    const stats = await lstat(file).catch(() => undefined);
    if (!stats?.isFile()) return [];
    const remove = (): Promise<void> => rm(file, { force: true }).catch(() => undefined);
    const age = this.workspace.ages.of(name, stats.mtimeMs);
    return [{ name, age, size: stats.size, remove }];
  }

  async #deleteLeftOvers(): Promise<void> {
    await deleteLeftOvers(this.workspace.temporary, '');
    await deleteLeftOvers(tmpdir(), HLS_FOLDERS);
  }
}

/** Deletes what processes that are gone left in a folder under names that begin so. */
async function deleteLeftOvers(parent: string, prefix: string): Promise<void> {
  const user = process.getuid?.();
  for (const name of await readdir(parent).catch(() => [])) {
    const own = name.startsWith(prefix) ? name.slice(prefix.length) : '';
    if (!isTemporaryName(own)) continue;
    const folder = path.join(parent, name);
    const stats = await lstat(folder).catch(() => undefined);
    if (!stats || stats.isSymbolicLink() || (user !== undefined && stats.uid !== user)) continue;
    if (isLeftOver(own, Date.now() - stats.mtimeMs)) await discard(folder);
  }
}

async function listed(folder: string, pattern: RegExp): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => pattern.test(name));
}

/** Milliseconds: shortest time between two sweeps, and between two signs of life for leases. */
const BETWEEN_SWEEPS = 3 * 60_000;
const BETWEEN_TOUCHES = 5 * 60_000;
/** A studio without work sweeps as well, for age. */
const BETWEEN_IDLE_SWEEPS = 3600_000;

/** Says when the workspace is swept: at the start, after publications, and every hour. */
export class SweepSchedule {
  readonly #abort = new AbortController();
  readonly #timers: NodeJS.Timeout[];
  #lastSweep = -Infinity;
  #sweeping: Promise<void> | undefined;

  constructor(
    private readonly sweeper: Sweeper,
    private readonly log?: (level: 'debug' | 'warn', text: string) => void,
  ) {
    const touch = (): void => void this.sweeper.touchLeased();
    this.#timers = [
      setInterval(touch, BETWEEN_TOUCHES),
      setInterval(() => this.soon(), BETWEEN_IDLE_SWEEPS),
    ];
    for (const timer of this.#timers) timer.unref();
    this.soon();
  }

  /** Sweeps in the background, unless one is under way or was not long ago. */
  soon(): void {
    if (performance.now() - this.#lastSweep >= BETWEEN_SWEEPS) void this.now();
  }

  /** Sweeps, or waits for the sweep that is under way. Never rejects. */
  now(): Promise<void> {
    this.#sweeping ??= this.#sweep().finally(() => {
      this.#lastSweep = performance.now();
      this.#sweeping = undefined;
    });
    return this.#sweeping;
  }

  /**
   * Deletes all that may be deleted, whatever the limits say, and says what is left. A later sweep
   * waits for it.
   */
  async clear(): Promise<Contents> {
    await this.#sweeping;
    const clearing = this.sweeper.sweep(this.#abort.signal, { maxBytes: 0, maxAgeHours: 0 });
    this.#sweeping ??= clearing.then(ignore, ignore).finally(() => (this.#sweeping = undefined));
    return clearing;
  }

  /** Stops for good; resolves when nothing is being deleted any more. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#abort.abort();
    await this.#sweeping;
  }

  async #sweep(): Promise<void> {
    if (this.#abort.signal.aborted) return;
    try {
      const { bytes, artifacts } = await this.sweeper.sweep(this.#abort.signal);
      this.log?.('debug', `workspace swept: ${artifacts} artifacts, ${bytes} bytes`);
    } catch (error) {
      this.log?.('warn', `the workspace could not be swept: ${toLipwireError(error).message}`);
    }
  }
}

function ignore(): void {}
