/** A job as the sidebar is told of it: small, plain JSON, without any path. */
import path from 'node:path';
import { fraction } from '../../src/contract';
import type { JobEntry, JobState } from './job-board';

/** Share below which what is left cannot be foretold. */
const ENOUGH = 0.02;

export interface ShownJob {
  id: string;
  node: { id: string; name?: string };
  stage: string;
  text: string;
  state: JobState;
  /** 0…1. */
  share: number;
  /** When it came and ended, in milliseconds since the epoch. */
  cameAt: number;
  endedAt?: number;
  /** Seconds of work so far. */
  took?: number;
  /** Seconds that it will still take, where that can be foretold. */
  left?: number;
  /** Seconds of sound or video a second of work. */
  speed?: number;
  /** True where the result was there already. */
  cached?: boolean;
  error?: { code: string; message: string };
  media?: 'audio' | 'video';
  watchUrl?: string;
}

/** @param now milliseconds since the epoch */
export function shownJob(entry: JobEntry, now: number): ShownJob {
  const { id, node, stage, text, state, progress, cameAt, endedAt, error, watchUrl } = entry;
  const share = state === 'done' ? 1 : fraction(progress);
  const took = secondsOf(entry, now);
  const { file, report } = entry;
  return {
    ...{ id, node, stage, text, state, share, cameAt, endedAt, error, watchUrl, took },
    ...(state === 'running' && took && share > ENOUGH && { left: (took * (1 - share)) / share }),
    ...speedOf(entry, took, share),
    ...(report?.cached && { cached: true }),
    ...(file && state === 'done' && { media: mediaOf(file) }),
  };
}

/** By the engine's own clock where it is known. */
function secondsOf({ report, startedAt, endedAt }: JobEntry, now: number): number | undefined {
  if (report) return report.cached ? undefined : (report.endedAt - report.startedAt) / 1000;
  return startedAt === undefined ? undefined : ((endedAt ?? now) - startedAt) / 1000;
}

function speedOf(
  { state, seconds }: JobEntry,
  took: number | undefined,
  share: number,
): { speed?: number } {
  const isKnown = state === 'done' || (state === 'running' && share > ENOUGH);
  return isKnown && took && seconds ? { speed: (seconds * share) / took } : {};
}

function mediaOf(file: string): 'audio' | 'video' {
  const isSound = ['.wav', '.mp3', '.flac', '.ogg', '.m4a'].includes(path.extname(file));
  return isSound ? 'audio' : 'video';
}
