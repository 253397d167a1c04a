/** Runs cases one after the other through one studio, and looks at what each leaves behind. */
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openFfmpeg } from '../../src/av/ffmpeg/open';
import { toLipwireError, type FacePayload } from '../../src/contract';
import { until } from '../support/node-red';
import { smallAvatar } from '../support/portrait';
import { descendants, isAlive } from '../support/processes';
import { peakOf, studioBed, type Bed, type BedFolders } from './beds';
import { runStage, type Bench, type CorpusCase, type Outcome } from './corpus-case';

export interface CaseResult {
  kind: string;
  name: string;
  outcome: Outcome;
  /** The error's sentence. */
  sentence: string;
  seconds: number;
  /** What is wrong with how it ended; empty when all is well. */
  faults: string[];
}

export interface CorpusReport {
  results: CaseResult[];
  /** Times that the engine process was lost. */
  engineDeaths: number;
  /** Largest resident memory of the engine process, in bytes. */
  enginePeak: number;
  /** What was left when all was over: files of unfinished work, processes. */
  leftOver: string[];
}

/** Seconds after which a case counts as hanging. */
const LONGEST = 120;

/**
 * @param onResult told of every case when it has ended
 * @param makeBed makes what the cases are given to
 */
export async function runCorpus(
  cases: readonly CorpusCase[],
  onResult: (result: CaseResult) => void = () => undefined,
  makeBed: (folders: BedFolders) => Bed | Promise<Bed> = studioBed,
): Promise<CorpusReport> {
  const home = await mkdtemp(path.join(tmpdir(), 'lipwire-corpus-'));
  const [folder, models, workspace] = ['case', 'models', 'workspace'].map((name) =>
    path.join(home, name),
  ) as [string, string, string];
  const before = descendants(process.pid);
  const bed = await makeBed({ workspace, models });
  const { studio } = bed;
  const report: CorpusReport = { results: [], engineDeaths: 0, enginePeak: 0, leftOver: [] };
  try {
    const ffmpeg = await openFfmpeg();
    const bench: Bench = { studio, folder, models, ffmpeg, face: undefined as never };
    const avatar = { kind: 'file', file: await smallAvatar(home) } as const;
    bench.face = (await runStage(bench, 'face-detect', avatar)) as FacePayload;
    await mkdir(models, { recursive: true });
    for (const one of cases) {
      await mkdir(folder, { recursive: true });
      const result = await runCase(one, bench, bed, workspace);
      await rm(folder, { recursive: true, force: true });
      report.results.push(result);
      report.enginePeak = Math.max(report.enginePeak, peakOf(bed.enginePid));
      onResult(result);
    }
    report.engineDeaths = bed.losses;
  } finally {
    report.leftOver.push(...(await bed.close()));
    report.leftOver.push(...(await unfinished(workspace)));
    await rm(home, { recursive: true, force: true });
  }
  const started = descendants(process.pid).filter((pid) => !before.includes(pid));
  await until(() => !started.some(isAlive)).catch(() => undefined);
  report.leftOver.push(...started.filter(isAlive).map((pid) => `process ${pid}`));
  return report;
}

let goodMessages = 0;

async function runCase(
  one: CorpusCase,
  bench: Bench,
  bed: Bed,
  workspace: string,
): Promise<CaseResult> {
  const deaths = bed.losses;
  const start = performance.now();
  const { outcome, sentence } = await outcomeOf(one, bench);
  const seconds = (performance.now() - start) / 1000;
  const faults: string[] = [];
  if (!one.expect.includes(outcome)) {
    faults.push(`${outcome} where ${one.expect.join(' or ')} was expected`);
  }
  if (outcome !== 'works' && !isOneSentence(sentence)) faults.push('no sentence');
  if (bed.losses > deaths) faults.push('the engine process died');
  if (!bed.isAlive) faults.push('Node-RED died');
  const left = await unfinished(workspace);
  if (left.length > 0) faults.push(`left ${left.join(', ')} behind`);
  const text = `Good message ${(goodMessages += 1)}.`;
  await runStage(bench, 'text-segment', { kind: 'text', text }).catch((error: unknown) =>
    faults.push(`the next message failed: ${toLipwireError(error).message}`),
  );
  return { kind: one.kind, name: one.name, outcome, sentence, seconds, faults };
}

async function outcomeOf(
  one: CorpusCase,
  bench: Bench,
): Promise<Pick<CaseResult, 'outcome' | 'sentence'>> {
  let timer: NodeJS.Timeout | undefined;
  const hanging = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`It hangs for ${LONGEST} s.`)), LONGEST * 1000);
  });
  try {
    await Promise.race([one.run(bench), hanging]);
    return { outcome: 'works', sentence: '' };
  } catch (error) {
    const { code, message } = toLipwireError(error);
    return { outcome: code, sentence: message };
  } finally {
    clearTimeout(timer);
  }
}

function isOneSentence(text: string): boolean {
  return /^[A-Z].*\.$/.test(text) && text.length < 900;
}

async function unfinished(workspace: string): Promise<string[]> {
  return readdir(path.join(workspace, 'tmp')).catch(() => []);
}
