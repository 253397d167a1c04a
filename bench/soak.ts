/**
 * Soak: good, bad and cancelled texts, mixed and one after the other, through a real Node-RED for a
 * while; then what became of each, and what is left.
 *
 *   node --import tsx bench/soak.ts [--minutes 10] [--at-once 3] [--seed 1]
 */
import { parseArgs } from 'node:util';
import type { SoakReport } from './support/soak';

function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

function tell(report: SoakReport): void {
  const { jobs, memory, files, gaps } = report;
  print(`| jobs that were done | ${jobs.done} |`);
  print(`| failed as they should | ${jobs.failedRightly} |`);
  print(`| cancelled by msg.reset | ${jobs.cancelled} |`);
  print(`| failed otherwise | ${jobs.failedWrongly.length} |`);
  print(`| lost | ${jobs.lost} |`);
  print(`| messages that did not end, or twice | ${report.unbalanced} |`);
  for (const { name, start, end, slope } of memory) {
    print(`| RSS of ${name}, start → end | ${mebibytes(start)} → ${mebibytes(end)} |`);
    print(`| … slope in the second half | ${mebibytes(slope * 60)} a minute |`);
  }
  for (const { name, start, end, slope } of files) {
    print(`| open files of ${name}, start → end | ${start.toFixed(0)} → ${end.toFixed(0)} |`);
    print(`| … slope in the second half | ${(slope * 60).toFixed(2)} a minute |`);
  }
  print(`| jobs that died with the engine process | ${report.engineLosses} |`);
  print(`| processes left | ${report.processesLeft} |`);
  print(`| temporary files left | ${report.filesLeft.length} |`);
  print(`| largest gap of a 10 ms timer in Node-RED | ${gaps.nodeRed} ms |`);
  print(`| … of the same timer in a thread with nothing to do | ${gaps.idle} ms |`);
  for (const wrong of jobs.failedWrongly) print(`failed otherwise: ${wrong}`);
  for (const file of report.filesLeft) print(`left: ${file}`);
}

async function main(): Promise<void> {
  // The tests' Node-RED has a hook of mocha.
  Object.assign(globalThis, { after: () => undefined });
  const { soak } = await import('./support/soak.js');
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      'at-once': { type: 'string', default: '3' },
      seed: { type: 'string', default: '1' },
    },
  });
  const [minutes, atOnce, seed] = [values.minutes, values['at-once'], values.seed].map(Number) as [
    number,
    number,
    number,
  ];
  print(`${minutes} minutes, ${atOnce} at once, seed ${seed}`);
  const report = await soak({ seconds: minutes * 60, atOnce, seed });
  tell(report);
  const { jobs } = report;
  const bad = [jobs.lost, jobs.failedWrongly.length, report.unbalanced, report.engineLosses];
  const left = report.processesLeft + report.filesLeft.length;
  process.exit(Math.max(...bad, left) > 0 ? 1 : 0);
}

void main();
