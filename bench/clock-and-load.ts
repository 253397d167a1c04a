/**
 * The pipeline while the time of day is set forward and back, and while the machine has twice as much
 * to do as it can. (Where it has two cores, "200 %" is four processes that never wait.)
 *
 *   node --import tsx bench/clock-and-load.ts [--texts 8] [--part clock|load]
 */
import { fork, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { toLipwireError } from '../src/contract';
import { avatarFile } from '../src/runtime/avatar';
import { renderVideo } from '../src/runtime/pipeline';
import { Studio } from '../src/runtime/studio';

const HOUR = 3600_000;
const YEAR = 365 * 24 * HOUR;
/** Milliseconds before the time of day is set again. */
const BETWEEN = 1500;

interface Outcome {
  done: number;
  failed: string[];
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Renders so many short texts, all at once; none is like another. */
async function renderAll(studio: Studio, texts: number, about: string): Promise<Outcome> {
  const outcome: Outcome = { done: 0, failed: [] };
  await Promise.all(
    Array.from({ length: texts }, async (_, index) => {
      try {
        const text = `${about}, text ${index + 1}. It has two sentences.`;
        await renderVideo(studio, { text, face: avatarFile() });
        outcome.done += 1;
      } catch (error) {
        const { code, message } = toLipwireError(error);
        outcome.failed.push(`${code}: ${message}`);
      }
    }),
  );
  return outcome;
}

/** How many texts were there already, which shows that nothing fresh was swept. */
async function cachedOf(studio: Studio, texts: number, about: string): Promise<number> {
  const { runs } = studio.stats.stitch;
  const { done } = await renderAll(studio, texts, about);
  return done - (studio.stats.stitch.runs - runs);
}

async function clock(workspace: string, file: string, texts: number): Promise<boolean> {
  const studio = new Studio({ workspace });
  let isRight = true;
  try {
    const steps: [string, number][] = [
      ['forward by a year', YEAR],
      ['back by an hour', YEAR - HOUR],
      ['back by a year', -HOUR],
    ];
    for (const [what, offset] of steps) {
      const before = Date.now();
      const rendering = renderAll(studio, texts, `The clock goes ${what}`);
      await sleep(BETWEEN);
      await writeFile(file, String(offset));
      await sleep(200);
      const jump = Math.round((Date.now() - before - BETWEEN - 200) / HOUR);
      await studio.sweep();
      const { done, failed } = await rendering;
      await studio.sweep();
      const cached = await cachedOf(studio, texts, `The clock goes ${what}`);
      const isFine = failed.length === 0 && cached === texts && jump !== 0;
      isRight &&= isFine;
      print(
        `${isFine ? 'as it should' : 'WRONG'} | the clock goes ${what} (${jump} h) while ${texts} texts ` +
          `are rendered | ${done} done, ${failed.length} failed | ${cached} of ${texts} still there after a sweep`,
      );
      for (const sentence of failed) print(`  ${sentence}`);
    }
  } finally {
    await studio.close();
  }
  return isRight;
}

async function load(workspace: string, texts: number): Promise<boolean> {
  const burners = Array.from({ length: 2 * availableParallelism() }, () =>
    spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
  );
  const studio = new Studio({ workspace });
  let last = performance.now();
  let gap = 0;
  const ticker = setInterval(() => {
    gap = Math.max(gap, performance.now() - last - 10);
    last = performance.now();
  }, 10);
  try {
    const start = performance.now();
    const { done, failed } = await renderAll(studio, texts, 'The machine is busy');
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    const isFine = failed.length === 0 && studio.engineState.losses === 0;
    print(
      `${isFine ? 'as it should' : 'WRONG'} | ${burners.length} processes that never wait beside ${texts} texts | ` +
        `${done} done, ${failed.length} failed in ${seconds} s | largest gap of a 10 ms timer ${Math.round(gap)} ms`,
    );
    for (const sentence of failed) print(`  ${sentence}`);
    return isFine;
  } finally {
    clearInterval(ticker);
    for (const burner of burners) burner.kill('SIGKILL');
    await studio.close();
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      texts: { type: 'string', default: '8' },
      part: { type: 'string' },
      child: { type: 'string' },
    },
  });
  const texts = Number(values.texts);
  if (values.child !== undefined) {
    const file = process.env['LIPWIRE_BENCH_CLOCK'] as string;
    process.exit((await clock(values.child, file, texts)) ? 0 : 1);
  }
  const home = await mkdtemp(path.join(tmpdir(), 'lipwire-clock-'));
  let isRight = true;
  try {
    if (values.part !== 'load') isRight = await inChild(home, texts);
    if (values.part !== 'clock') isRight = (await load(path.join(home, 'load'), texts)) && isRight;
  } finally {
    await rm(home, { recursive: true, force: true });
  }
  process.exit(isRight ? 0 : 1);
}

/** The part in which the time of day is set, in a process whose engine shares its clock. */
async function inChild(home: string, texts: number): Promise<boolean> {
  const clockFile = path.join(home, 'clock');
  await writeFile(clockFile, '0');
  const setClock = path.join(__dirname, 'support', 'set-clock.mjs');
  const child = fork(
    __filename,
    ['--child', path.join(home, 'clock-workspace'), '--texts', `${texts}`],
    {
      execArgv: ['--import', 'tsx', '--import', setClock],
      env: { ...process.env, LIPWIRE_BENCH_CLOCK: clockFile },
    },
  );
  return new Promise((resolve) => child.once('exit', (code) => resolve(code === 0)));
}

void main();
