/**
 * Hostile and broken input: runs the whole corpus, and as many mutated files as are asked for,
 * through a studio, and prints what came of it. `--light` leaves out what takes seconds each;
 * `--node-red` gives all stage cases to nodes in a real Node-RED (of what is built).
 *
 *   node --import tsx bench/corpus.ts [--cases 300] [--seed 1] [--kind sound] [--only text] [--light]
 *     [--node-red] [--list]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { CorpusCase } from '../test/corpus/corpus-case';
import type { CaseResult } from '../test/corpus/run-corpus';

function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<void> {
  // The tests' support has a hook of mocha.
  Object.assign(globalThis, { after: () => undefined });
  const { corpus } = await import('../test/corpus/corpus.js');
  const { fuzzCases } = await import('../test/corpus/fuzz.js');
  const { runCorpus } = await import('../test/corpus/run-corpus.js');
  const { nodeRedBed, studioBed } = await import('../test/corpus/beds.js');
  const { runMessagesInNodeRed } = await import('../test/corpus/messages-node-red.js');
  const { runMessages } = await import('../test/corpus/run-messages.js');
  const { values } = parseArgs({
    options: {
      cases: { type: 'string', default: '300' },
      seed: { type: 'string', default: '1' },
      kind: { type: 'string' },
      only: { type: 'string' },
      light: { type: 'boolean', default: false },
      'node-red': { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
    },
  });
  const isWanted = ({ kind, name, isHeavy }: CorpusCase): boolean =>
    !(values.light && isHeavy) &&
    (!values.kind || kind === values.kind) &&
    (!values.only || name.includes(values.only));
  const cases = [...corpus(), ...fuzzCases(Number(values.seed), Number(values.cases))];
  const tell = ({ kind, name, outcome, sentence, seconds, faults }: CaseResult): void => {
    if (values.list) print(`${outcome} ${seconds.toFixed(2)} s ${kind}: ${name} ${sentence}`);
    for (const fault of faults) print(`FAULT ${kind}: ${name}: ${fault} (${sentence})`);
  };
  const bed = values['node-red'] ? nodeRedBed : studioBed;
  const report = await runCorpus(cases.filter(isWanted), tell, bed);
  const isMessages = !values.only && (!values.kind || values.kind === 'message');
  const messages = async (): Promise<CaseResult[]> => {
    if (!values['node-red']) return runMessages(tell);
    const home = await mkdtemp(path.join(tmpdir(), 'lipwire-messages-'));
    const [workspace, models] = [path.join(home, 'workspace'), path.join(home, 'models')];
    try {
      const { results, faults } = await runMessagesInNodeRed({ workspace, models }, tell);
      report.leftOver.push(...faults);
      return results;
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  };
  const results = [...report.results, ...(isMessages ? await messages() : [])];
  printTable(results);
  const slowest = results.reduce((a, b) => (a.seconds > b.seconds ? a : b));
  const faults = results.filter((result) => result.faults.length > 0).length;
  print();
  print(`seed ${values.seed}: ${results.length} cases, ${faults} with faults`);
  print(`deaths of the engine process: ${report.engineDeaths}`);
  print(`longest case: ${slowest.seconds.toFixed(1)} s (${slowest.kind}: ${slowest.name})`);
  print(`unfinished files and processes left: ${report.leftOver.length}`);
  for (const left of report.leftOver) print(`left: ${left}`);
  print(`largest resident memory of the engine: ${Math.round(report.enginePeak / 2 ** 20)} MiB`);
  print(`… of this process: ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`);
  process.exit(faults + report.engineDeaths + report.leftOver.length > 0 ? 1 : 0);
}

function printTable(results: readonly CaseResult[]): void {
  const kinds = [...new Set(results.map(({ kind }) => kind))];
  const codes = [...new Set(results.map(({ outcome }) => outcome))].sort();
  print(['| kind', 'cases', ...codes].join(' | ') + ' |');
  print(`| ${['---', ...codes.map(() => '--:'), '--:'].join(' | ')} |`);
  for (const kind of kinds) {
    const own = results.filter((result) => result.kind === kind);
    const counts = codes.map((code) => own.filter(({ outcome }) => outcome === code).length);
    print(`| ${[kind, own.length, ...counts].join(' | ')} |`);
  }
}

void main();
