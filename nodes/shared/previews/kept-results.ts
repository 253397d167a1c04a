/** The last results of the nodes over a restart: one file in the user directory. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { LastResult, LastResults } from './last-results';

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

/** The newest that fit, the newest last; whole or not at all. Never throws: it runs in a timer. */
function writeResults(file: string, results: LastResults): void {
  const temporary = `${file}.${process.pid}`;
  try {
    const folder = path.dirname(file);
    // Not the folders above: a user directory that was deleted stays so.
    if (!existsSync(folder)) mkdirSync(folder);
    writeFileSync(temporary, inWords(results), { mode: 0o600 });
    renameSync(temporary, file);
  } catch {
    // A user directory that is read only, full, or gone.
    discard(temporary);
  }
}

function discard(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // Its folder is none.
  }
}

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
