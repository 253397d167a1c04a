import { lstat, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { KEY_PATTERN, RECORD_FILE, readRecord, sizeOf, type ArtifactStore } from './artifacts';
import { KEPT_FILE_PATTERN, touchKept } from './kept-files';
import { HLS_FOLDERS, isLeftOver, isTemporaryName } from '../files/temporary-names';
import { discard, type Workspace } from './workspace';
import { toLipwireError } from '../contract';
import type { StudioSettings } from './settings';

interface Limits {
  maxBytes: number;
  maxAgeHours: number;
}

interface Contents {
  bytes: number;
  artifacts: number;
}

/** What was used within this time stays, whatever the limits: it may be being read. */
const RECENT = 15 * 60 * 1000;

interface Entry {
  name: string;
  /** Milliseconds since its last use. */
  age: number;
  size: number;
  remove(): Promise<void>;
}

/** Milliseconds: shortest time between two sweeps, and between two marks of what is leased. */
const BETWEEN_SWEEPS = 3 * 60_000;
const BETWEEN_TOUCHES = 5 * 60_000;
/** An idle studio sweeps by age. */
const BETWEEN_IDLE_SWEEPS = 3600_000;

/** Keeps a workspace within its limits. Deletes nothing but what Lipwire made there. */
export class Sweeper {
  /** Artifacts never change: each size is read once. */
  readonly #sizes = new Map<string, { inode: number; size: number }>();
  readonly #abort = new AbortController();
  #timers: NodeJS.Timeout[] = [];
  #lastSweep = -Infinity;
  #sweeping: Promise<void> | undefined;

  constructor(
    private readonly workspace: Workspace,
    private readonly store: ArtifactStore,
    private readonly leases: Leases,
    private readonly settings: Limits & Pick<StudioSettings, 'log'>,
  ) {}

  /** Sweeps now and every hour, and marks what is leased for other processes that share the workspace. */
  start(): this {
    this.#timers = [
      setInterval(() => void this.touch(this.leases.names), BETWEEN_TOUCHES).unref(),
      setInterval(() => this.soon(), BETWEEN_IDLE_SWEEPS).unref(),
    ];
    this.soon();
    return this;
  }

  /** Sweeps in the background, unless a sweep runs or ended less than three minutes ago. */
  soon(): void {
    if (performance.now() - this.#lastSweep >= BETWEEN_SWEEPS) void this.now();
  }

  /** Sweeps, or waits for the sweep that runs. Never rejects. */
  now(): Promise<void> {
    this.#sweeping ??= this.#sweepAndLog().finally(() => {
      this.#lastSweep = performance.now();
      this.#sweeping = undefined;
    });
    return this.#sweeping;
  }

  /** Deletes all that may be deleted, whatever the limits; later sweeps wait for it. */
  async clear(): Promise<Contents> {
    await this.#sweeping;
    const clearing = this.sweep({ maxBytes: 0, maxAgeHours: 0 });
    const ignore = (): void => undefined;
    this.#sweeping ??= clearing.then(ignore, ignore).finally(() => (this.#sweeping = undefined));
    return clearing;
  }

  /** Stops for good; resolves when nothing is being deleted any more. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#abort.abort();
    await this.#sweeping;
  }

  async #sweepAndLog(): Promise<void> {
    if (this.#abort.signal.aborted) return;
    const { log } = this.settings;
    try {
      const { bytes, artifacts } = await this.sweep();
      log?.('debug', `workspace swept: ${artifacts} artifacts, ${bytes} bytes`);
    } catch (error) {
      log?.('warn', `the workspace could not be swept: ${toLipwireError(error).message}`);
    }
  }

  /** Deletes leftovers of crashes, what is too old, and then the least recently used until the rest fits. */
  async sweep(limits: Limits = this.settings): Promise<Contents> {
    await deleteLeftOvers(this.workspace.temporary, '');
    await deleteLeftOvers(tmpdir(), HLS_FOLDERS);
    const entries = (await this.#entries()).sort((a, b) => b.age - a.age);
    let bytes = entries.reduce((sum, entry) => sum + entry.size, 0);
    let deleted = 0;
    const oldest = limits.maxAgeHours * 3600 * 1000;
    for (const entry of entries) {
      if (this.#abort.signal.aborted) break;
      if (entry.age < oldest && bytes <= limits.maxBytes) break;
      if (entry.age < RECENT || this.leases.has(entry.name)) continue;
      await entry.remove();
      bytes -= entry.size;
      deleted += 1;
    }
    return { bytes, artifacts: entries.length - deleted };
  }

  /** What the workspace holds. */
  async count(): Promise<Contents> {
    const entries = await this.#entries();
    return { bytes: entries.reduce((sum, { size }) => sum + size, 0), artifacts: entries.length };
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
    // Forgets what is gone, also what other processes deleted.
    const names = new Set(entries.map(({ name }) => name));
    for (const name of this.#sizes.keys()) if (!names.has(name)) this.#sizes.delete(name);
    this.workspace.ages.keepOnly(names);
    return entries;
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
}

/** Deletes what ended processes left in a folder under names with a prefix. */
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

/** Names of entries of a workspace: `artifacts/<key>` and `inputs/<hash>.<extension>`. */
const ENTRY =
  /(?:^|[\\/])(?:artifacts[\\/]([0-9a-f]{64})|inputs[\\/]([0-9a-f]{64}\.[a-z0-9]{2,4})$)/;

/** Entries in use, which must not be swept. */
export class Leases {
  readonly #counts = new Map<string, number>();

  /** Protects the entries that these paths lie in until the returned function is called. */
  take(paths: readonly string[]): () => void {
    const names = new Set(entryNames(paths));
    for (const name of names) this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    return () => {
      for (const name of names) {
        const left = (this.#counts.get(name) ?? 1) - 1;
        if (left > 0) this.#counts.set(name, left);
        else this.#counts.delete(name);
      }
      names.clear();
    };
  }

  has(name: string): boolean {
    return this.#counts.has(name);
  }

  get names(): string[] {
    return [...this.#counts.keys()];
  }
}

/** The name of the artifact or kept file that a path lies in. */
export function entryName(path: string): string | undefined {
  const match = ENTRY.exec(path);
  return match?.[1] ?? match?.[2];
}

export function entryNames(paths: readonly string[]): string[] {
  return paths.map(entryName).filter((name) => name !== undefined);
}
