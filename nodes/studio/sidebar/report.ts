/** The text that people put into a bug report: what is installed, and how the last jobs ended. */
import { homedir } from 'node:os';
import { STAGE_NAMES } from '../../../src/stages';
import { checkLines, type Check, type Diagnostics } from '../../../src/studio';
import { board } from '../../common/job-board';

/** Failures that are told. */
const MOST = 10;

/** JSON. Errors by their codes only, as messages quote what users gave; the user's folder is `~` in it. */
export function bugReport(
  nodeRed: string | undefined,
  diagnostics: Diagnostics,
  checks: readonly Check[],
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
  return withoutHome(JSON.stringify(report, null, 2));
}

/** The name of a user is nobody's business. */
function withoutHome(text: string): string {
  const home = JSON.stringify(homedir()).slice(1, -1);
  return home.length > 1 ? text.replaceAll(home, '~') : text;
}
