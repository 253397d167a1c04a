/**
 * A diagnostics channel on which every studio of this process tells of its runs, for whoever looks
 * from outside: the demo, a sidebar, a monitor. Nothing is published where nobody listens.
 */
import { channel } from 'node:diagnostics_channel';
import type { LipwireError, Progress } from '../contract';
import type { RunReport } from './types';
import type { StageName } from '../stages';

/** Name of the channel, for `diagnostics_channel.subscribe()`. */
export const RUN_CHANNEL = 'lipwire:run';

/** What becomes of a run. */
export type RunNews =
  | { type: 'begin' }
  | { type: 'progress'; progress: Progress }
  | { type: 'report'; report: RunReport }
  | { type: 'fail'; error: LipwireError };

/** What is published; `run` is a number of its own for every run of this process. */
export type RunEvent = RunNews & { run: number; stage: StageName };

const runs = channel(RUN_CHANNEL);
let count = 0;

/** Announces a new run of a stage; the function tells what becomes of it. */
export function announceRun(stage: StageName): (news: RunNews) => void {
  const run = (count += 1);
  const tell = (news: RunNews): void => {
    if (runs.hasSubscribers) runs.publish({ run, stage, ...news } satisfies RunEvent);
  };
  tell({ type: 'begin' });
  return tell;
}
