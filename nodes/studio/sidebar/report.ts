/** The text that people put into a bug report: what is installed, and how the last jobs ended. */
import { realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { STAGE_NAMES } from '../../../src/stages';
import { checkLines } from '../../../src/runtime/doctor/lines';
import type { Check } from '../../../src/runtime/doctor/types';
import type { Diagnostics } from '../../../src/runtime/types';
import { board } from '../../shared/job-board';

/** Failures that are told. */
const MOST = 10;

/**
 * JSON. Errors by their codes only, as messages quote what users gave; the user's folder is `~` in it.
 * @param home left out: the user's folder
 */
export function bugReport(
  nodeRed: string | undefined,
  diagnostics: Diagnostics,
  checks: readonly Check[],
  home = homedir(),
): string {
  const { counts, ended } = board.view(1000);
  const failures = ended
    .filter(({ error }) => error)
    .slice(0, MOST)
    .map(({ stage, error }) => `${stage}: ${error?.code}`);
  const { stats, ...facts } = diagnostics;
  const work = STAGE_NAMES.map((stage) => [stage, stats[stage]]);
  const doctor = checkLines({ checks });
  const report = {
    nodeRed,
    doctor,
    ...facts,
    stats: Object.fromEntries(work),
    jobs: counts,
    failures,
  };
  const names = namesOf(home);
  const hidden = (_key: string, value: unknown): unknown =>
    typeof value === 'string' ? withoutHome(value, names) : value;
  return JSON.stringify(report, hidden, 2);
}

/** How a folder can stand in a text: as it is called, where it really lies, and either in quotes. */
function namesOf(folder: string): string[] {
  let real = folder;
  try {
    real = realpathSync(folder);
  } catch {
    // It has no other name then.
  }
  const names = [real, folder].filter((name) => name.length > 1);
  return [...names.map((name) => JSON.stringify(name).slice(1, -1)), ...names];
}

/** The name of a user is nobody's business. */
function withoutHome(text: string, names: readonly string[]): string {
  return names.reduce((shorter, name) => shorter.replaceAll(name, '~'), text);
}
