/** The last result of each stage node, for its dialog; a file in the user directory outlives restarts. */
import type { Cue } from '../../src/contract';
import type { StageInput, StageName, StageOutput } from '../../src/stages';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { LRUCache } from 'lru-cache';
import { writeWholeSync } from '../../src/files/write-file';

/** Nodes. */
const MOST = 500;

export interface LastResult<S extends StageName = StageName> {
  stage: S;
  /** Milliseconds since the epoch. */
  at: number;
  /** Id of the studio config node. */
  studio: unknown;
  /** Plain JSON with the paths of the files. */
  result: StageOutput<S>;
  /** Of the speech in its input. */
  cues?: Cue[];
  /** Path of the player page. */
  watchUrl?: string;
}

/** `_alias`: the node of a subflow's template that it is an instance of. */
interface Owner {
  id: string;
  _alias?: string;
}

export class LastResults {
  /** By node; read with `peek`, as reading is no use. */
  readonly #byNode = new LRUCache<string, LastResult>({ max: MOST });
  onChange: () => void = () => undefined;

  /**
   * Keeps a copy: flows may change the result. In a subflow the template's node, which has the dialog,
   * gets it too.
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
      // A flow added something to the cues that cannot be copied.
      return;
    }
    const isPath = typeof watchUrl === 'string' && watchUrl.startsWith('/');
    const last = { ...copy, at: Date.now(), ...(isPath && { watchUrl }) };
    for (const key of _alias ? [id, _alias] : [id]) {
      this.#byNode.set(key, last as unknown as LastResult);
    }
    this.onChange();
  }

  /** Oldest first. */
  entries(): [id: string, last: LastResult][] {
    return [...this.#byNode.rentries()] as [string, LastResult][];
  }

  /** Adds results of an earlier process, for nodes that have no newer one. */
  fill(entries: readonly [id: string, last: LastResult][]): void {
    const known = this.entries();
    this.#byNode.clear();
    for (const [id, last] of [...entries.slice(-MOST), ...known]) this.#byNode.set(id, last);
  }

  get(id: string): LastResult | undefined {
    return this.#byNode.peek(id);
  }

  forget(id: string): void {
    const last = this.get(id);
    if (!last) return;
    // Also at the template's node, unless another instance has a newer one.
    for (const [key, each] of this.entries()) if (each === last) this.#byNode.delete(key);
    this.onChange();
  }
}

/** One for the process; outlives a deploy. */
export const lastResults = new LastResults();

/** Milliseconds from a change to its writing; a job makes several. */
const PATIENCE = 3000;
/** Characters of one result, such as a video with thousands of chapters, and of all. */
const MOST_OF_ONE = 100_000;
const MOST_OF_ALL = 2_000_000;

const FORMAT = 1;

/** Results never change: each is serialized once. */
const written = new WeakMap<LastResult, string>();

/**
 * Loads results from a file, and writes changes there. A file that cannot be read counts as empty; one
 * that cannot be written is ignored.
 * @returns writes pending changes; for the end of the process
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
  const isKnown = typeof stage === 'string' && typeof at === 'number';
  return isKnown && typeof result === 'object' && result !== null;
}

/** Never throws: the user directory may be read only, full, or gone. */
function writeResults(file: string, results: LastResults): void {
  const folder = path.dirname(file);
  try {
    // Not recursive: a deleted user directory stays deleted.
    if (!existsSync(folder)) mkdirSync(folder);
    writeWholeSync(file, serialized(results), 0o600);
  } catch {
    return;
  }
}

/** The newest that fit, newest last. */
function serialized(results: LastResults): string {
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
