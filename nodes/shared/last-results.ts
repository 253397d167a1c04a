/** The last result of each stage node, for its dialog; kept over a restart in the user directory. */
import type { Cue } from '../../src/contract';
import type { StageInput, StageName, StageOutput } from '../../src/stages';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { LRUCache } from 'lru-cache';
import { writeWholeSync } from '../../src/files/write-file';

/** Nodes whose results are remembered. */
const MOST = 500;

export interface LastResult<S extends StageName = StageName> {
  stage: S;
  /** When it was made, in milliseconds since the epoch. */
  at: number;
  /** Id of the studio config node that made it. */
  studio: unknown;
  /** Plain JSON with the paths of the files. */
  result: StageOutput<S>;
  /** Of the speech that was worked on. */
  cues?: Cue[];
  /** Path of the player page, where one was published. */
  watchUrl?: string;
}

/** What the node itself says; `_alias` is the node of a subflow's template that it is an instance of. */
interface Owner {
  id: string;
  _alias?: string;
}

export class LastResults {
  /** By node. Looking at one does not count as use. */
  readonly #byNode = new LRUCache<string, LastResult>({ max: MOST });
  /** Told whenever they are others than before. */
  onChange: () => void = () => undefined;

  /**
   * What a node has made, as it is now: the flow gets the same object and may do with it what it likes.
   * Inside a subflow the template's node, whose dialog it is, has it as well.
   */
  set<S extends StageName>(
    { id, _alias }: Owner,
    made: Pick<LastResult<S>, 'stage' | 'studio' | 'result'>,
    input: StageInput<S>,
    payload: unknown,
  ): void {
    const speech = (input as Partial<StageInput<'wav2lip'>>).speech;
    const { watchUrl } = (payload ?? {}) as { watchUrl?: unknown };
    const cues = speech?.kind === 'speech' ? speech.cues : undefined;
    let copy: typeof made & { cues?: Cue[] };
    try {
      copy = structuredClone({ ...made, ...(cues && { cues }) });
    } catch {
      // Somebody hung something onto the cues that cannot be copied: a dialog shows less.
      return;
    }
    const isPath = typeof watchUrl === 'string' && watchUrl.startsWith('/');
    const last = { ...copy, at: Date.now(), ...(isPath && { watchUrl }) };
    for (const key of _alias ? [id, _alias] : [id]) {
      this.#byNode.set(key, last as unknown as LastResult);
    }
    this.onChange();
  }

  /** All, the one that was longest without a new result first. */
  entries(): [id: string, last: LastResult][] {
    return [...this.#byNode.rentries()] as [string, LastResult][];
  }

  /** What an earlier process left, for nodes that have made nothing since. */
  fill(entries: readonly [id: string, last: LastResult][]): void {
    const known = this.entries();
    this.#byNode.clear();
    for (const [id, last] of [...entries.slice(-MOST), ...known]) this.#byNode.set(id, last);
  }

  get(id: string): LastResult | undefined {
    return this.#byNode.peek(id);
  }

  /** A node that was deleted has no dialog. */
  forget(id: string): void {
    const last = this.get(id);
    if (!last) return;
    // The template's node has it as well, where no other instance made something since.
    for (const [key, each] of this.entries()) if (each === last) this.#byNode.delete(key);
    this.onChange();
  }
}

/** One for the whole process; it outlives a deploy. */
export const lastResults = new LastResults();

/** Milliseconds after a change until it is written: several come with every job. */
const PATIENCE = 3000;
/** Characters of one result, as of a video with thousands of chapters, and of all. */
const MOST_OF_ONE = 100_000;
const MOST_OF_ALL = 2_000_000;

const FORMAT = 1;

/** Results never change, so that each is put into words once. */
const written = new WeakMap<LastResult, string>();

/**
 * Fills in what an earlier process left in a file, and writes there what changes. A file that cannot be
 * read counts as none, one that cannot be written is done without: a dialog shows less then.
 * @returns writes what is not written yet; for the end of the process
 */
export function keepResults(file: string, results: LastResults): () => void {
  results.fill(readResults(file));
  let timer: NodeJS.Timeout | undefined;
  const write = (): void => {
    if (!timer) return;
    clearTimeout(timer);
    timer = undefined;
    writeResults(file, results);
  };
  results.onChange = () => {
    timer ??= setTimeout(write, PATIENCE).unref();
  };
  return write;
}

function readResults(file: string): [string, LastResult][] {
  try {
    const { format, results } = JSON.parse(readFileSync(file, 'utf8')) as {
      format: unknown;
      results: [string, LastResult][];
    };
    return format === FORMAT && Array.isArray(results) ? results.filter(isResult) : [];
  } catch {
    return [];
  }
}

function isResult(entry: unknown): boolean {
  if (!Array.isArray(entry) || typeof entry[0] !== 'string') return false;
  const { stage, at, result } = (entry[1] ?? {}) as Record<string, unknown>;
  return (
    typeof stage === 'string' &&
    typeof at === 'number' &&
    typeof result === 'object' &&
    result !== null
  );
}

/** Never throws, as it runs in a timer: the user directory may be read only, full, or gone. */
function writeResults(file: string, results: LastResults): void {
  const folder = path.dirname(file);
  try {
    // Not the folders above: a user directory that was deleted stays so.
    if (!existsSync(folder)) mkdirSync(folder);
    writeWholeSync(file, inWords(results), 0o600);
  } catch {
    return;
  }
}

/** The newest that fit, the newest last. */
function inWords(results: LastResults): string {
  const kept: string[] = [];
  let room = MOST_OF_ALL;
  for (const [id, last] of results.entries().reverse()) {
    const text = written.get(last) ?? JSON.stringify(last);
    written.set(last, text);
    if (text.length > MOST_OF_ONE) continue;
    if ((room -= text.length) < 0) break;
    kept.unshift(`[${JSON.stringify(id)},${text}]`);
  }
  return `{"format":${FORMAT},"results":[\n${kept.join(',\n')}\n]}\n`;
}
