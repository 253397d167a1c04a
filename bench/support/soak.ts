/** A real Node-RED that is given jobs for a while, and a book of what became of each. */
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { Dice } from '../../test/corpus/fuzz';
import { NodeRed, until, type FlowNode } from '../../test/support/node-red';
import { portraitSvg } from '../../test/support/portrait';
import { commandOf, descendants, isAlive } from '../../test/support/processes';
import { slopeOf } from './slope';

export interface SoakOptions {
  seconds: number;
  atOnce: number;
  seed: number;
}

export interface Trend {
  start: number;
  end: number;
  /** Per second, over the second half. */
  slope: number;
}

export interface SoakReport {
  jobs: {
    done: number;
    failedRightly: number;
    cancelled: number;
    failedWrongly: string[];
    lost: number;
  };
  /** Messages of our nodes that ended not at all or more than once, as Node-RED's hooks tell. */
  unbalanced: number;
  memory: (Trend & { name: string })[];
  files: (Trend & { name: string })[];
  /** Jobs that ended because the engine process had died. */
  engineLosses: number;
  processesLeft: number;
  filesLeft: string[];
  /** Milliseconds. */
  gaps: { nodeRed: number; idle: number };
}

interface Job {
  /** The code that must come; nothing where the job must be done. */
  code?: string;
  /** It may have been under way, or a part of it, when everything was reset. */
  wasReset: boolean;
  ends: string[];
}

/** Bad properties, and the code that each must end with. */
const BAD: readonly [string, Record<string, unknown>][] = [
  ['E_INPUT', { payload: {} }],
  ['E_INPUT', { payload: '   ' }],
  ['E_INPUT', { rate: 0 }],
  ['E_INPUT', { transition: 'magic' }],
  ['E_INPUT', { renditions: 'large' }],
  ['E_INPUT', { portrait: 'no-picture.txt' }],
  ['E_VOICE', { voice: 'klingon-x' }],
  ['E_PATH', { portrait: '/nowhere/at/all.png' }],
  ['E_NO_FACE', { portrait: 'plain.svg' }],
  ['E_MODEL_MISSING', { model: 'magic' }],
];

const LOST = 'E_ENGINE_LOST';
const STAGES = [
  'text-segment',
  'tts',
  'loudnorm',
  'face-detect',
  'wav2lip',
  'stitch',
  'hls-export',
];
const LIGHT: Record<string, Record<string, unknown>> = {
  tts: { rate: 320, lead: 0.05, pause: 0.05 },
  'face-detect': { portraitType: 'str', portrait: 'portrait.svg' },
  wav2lip: { fps: 10 },
  stitch: { quality: 'draft', transitionLength: 0.1 },
  'hls-export': { keep: 3 },
};

/** The whole pipeline between an HTTP entry and a book, and a timer that watches the thread. */
function flowOf(): FlowNode[] {
  const place = { z: 'soak', x: 1, y: 1 };
  const code = (id: string, func: string, wires: string[][], more = {}): FlowNode => ({
    ...{ id, type: 'function', ...place, func, outputs: wires.length, wires, ...more },
  });
  const entry = (id: string, method: string, url: string, to: string): FlowNode => ({
    ...{ id, type: 'http in', ...place, url, method, wires: [[to]] },
  });
  const end = (id: string, outcome: string): FlowNode =>
    code(id, `const book = global.get('book'); book.push([msg.soak, ${outcome}]);`, []);
  const watch = `
    global.set('book', []);
    const state = { last: Date.now(), gap: 0 };
    global.set('gap', state);
    // Node-RED itself ends the timers of a function node.
    setInterval(() => {
      const now = Date.now();
      state.gap = Math.max(state.gap, now - state.last);
      state.last = now;
    }, 10);`;
  const read = `
    const book = global.get('book');
    msg.payload = { book: book.splice(0), gap: global.get('gap').gap };
    return msg;`;
  const stages = STAGES.map((stage, index): FlowNode => ({
    ...{ id: stage, type: `lipwire-${stage}`, ...place, studio: 'studio', ...LIGHT[stage] },
    wires: [[STAGES[index + 1] ?? 'done']],
  }));
  return [
    { id: 'soak', type: 'tab', label: 'soak' },
    { id: 'studio', type: 'lipwire-studio', maxSize: 0.1, workspace: 'workspace' },
    entry('in', 'post', '/soak', 'take'),
    code('take', 'return [{ ...msg.payload }, { res: msg.res, payload: {} }];', [
      ['text-segment'],
      ['out'],
    ]),
    ...stages,
    end('done', "'done'"),
    { id: 'catch', type: 'catch', ...place, scope: STAGES, wires: [['failed']] },
    end('failed', 'msg.error.code || String(msg.error.message)'),
    entry('reset-in', 'post', '/reset', 'reset'),
    code('reset', 'return [{ reset: true }, { res: msg.res, payload: {} }];', [STAGES, ['out']]),
    entry('read-in', 'get', '/book', 'read'),
    code('read', read, [['out']], { initialize: watch }),
    { id: 'out', type: 'http response', ...place, wires: [] },
  ];
}

export async function soak({ seconds, atOnce, seed }: SoakOptions): Promise<SoakReport> {
  const nodeRed = await NodeRed.start();
  const userDir = path.join(nodeRed.home, 'user');
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="300"><rect width="9" height="9"/></svg>';
  await writeFile(path.join(userDir, 'portrait.svg'), portraitSvg());
  await writeFile(path.join(userDir, 'plain.svg'), svg);
  await writeFile(path.join(userDir, 'no-picture.txt'), 'This is no picture.');
  const idle = new IdleGap();
  const samples: Sample[] = [];
  try {
    await nodeRed.deploy(flowOf());
    const jobs = await work(nodeRed, { seconds, atOnce, seed }, samples);
    const { gap } = await readBook(nodeRed);
    const unbalanced = await balance(nodeRed);
    const filesLeft = unfinished(nodeRed);
    const engineLosses = jobs.flatMap(({ ends }) => ends).filter((code) => code === LOST).length;
    const started = descendants(nodeRed.pid);
    await nodeRed.end();
    await until(() => !started.some(isAlive)).catch(() => undefined);
    const processesLeft = started.filter(isAlive).length;
    return {
      jobs: count(jobs),
      ...{ unbalanced, engineLosses, processesLeft, filesLeft },
      memory: [
        { name: 'Node-RED', ...trend(samples, ({ memory }) => memory) },
        { name: 'the engine', ...trend(working(samples), ({ engine }) => engine) },
      ],
      files: [
        { name: 'Node-RED', ...trend(samples, ({ files }) => files) },
        { name: 'the engine', ...trend(working(samples), ({ engineFiles }) => engineFiles) },
      ],
      gaps: { nodeRed: gap, idle: await idle.stop() },
    };
  } finally {
    await nodeRed.stop();
  }
}

/** Sends jobs for so long, and waits until all have ended. */
async function work(
  nodeRed: NodeRed,
  { seconds, atOnce, seed }: SoakOptions,
  samples: Sample[],
): Promise<Job[]> {
  const dice = new Dice(seed);
  const jobs: Job[] = [];
  const isOpen = (job: Job): boolean => job.ends.length === 0;
  // Where one segment of a text has failed, others may still be at work.
  const mayBeUnderWay = (job: Job): boolean => !job.ends.includes('done');
  const until = Date.now() + seconds * 1000;
  let lastSample = 0;
  while (Date.now() < until || jobs.some(isOpen)) {
    const { book } = await readBook(nodeRed);
    for (const [id, outcome] of book) jobs[id]?.ends.push(outcome);
    if (Date.now() < until && jobs.filter(isOpen).length < atOnce) {
      await send(nodeRed, jobs, dice);
    } else if (Date.now() > until + 180_000) break;
    if (dice.below(300) === 0) await reset(nodeRed, jobs.filter(mayBeUnderWay));
    if (Date.now() - lastSample > 1000) {
      samples.push(sampleOf(nodeRed));
      lastSample = Date.now();
    }
    await sleep(100);
  }
  // What would end a second time does so by then.
  await sleep(2000);
  const { book } = await readBook(nodeRed);
  for (const [id, outcome] of book) jobs[id]?.ends.push(outcome);
  return jobs;
}

async function send(nodeRed: NodeRed, jobs: Job[], dice: Dice): Promise<void> {
  const id = jobs.length;
  const segments = 1 + dice.below(3);
  const text = Array.from({ length: segments }, (_, i) => `Job ${id}, part ${i + 1}.`).join(' ');
  const bad = dice.below(3) === 0 ? BAD[dice.below(BAD.length)] : undefined;
  jobs.push({ ...(bad && { code: bad[0] }), wasReset: false, ends: [] });
  await post(nodeRed, '/soak', { soak: id, payload: text, ...bad?.[1] });
}

async function reset(nodeRed: NodeRed, open: readonly Job[]): Promise<void> {
  for (const job of open) job.wasReset = true;
  await post(nodeRed, '/reset', {});
}

async function post(nodeRed: NodeRed, route: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  await fetch(nodeRed.url + route, { method: 'POST', headers, body: JSON.stringify(body) });
}

function readBook(nodeRed: NodeRed): Promise<{ book: [number, string][]; gap: number }> {
  return nodeRed.json('/book');
}

function count(jobs: readonly Job[]): SoakReport['jobs'] {
  const result: SoakReport['jobs'] = {
    ...{ done: 0, failedRightly: 0, cancelled: 0, failedWrongly: [], lost: 0 },
  };
  for (const [id, { code, wasReset, ends }] of jobs.entries()) {
    // A text of several segments may fail once for each of them.
    const kinds = new Set(ends);
    const expected = code ?? 'done';
    const wasCancelled = wasReset && kinds.delete('E_CANCELLED');
    // What a good text that was cancelled must not do is be done as well.
    const isRight =
      [...kinds].every((kind) => kind === expected) && !(wasCancelled && kinds.has('done'));
    if (ends.length === 0) result.lost += 1;
    else if (!isRight)
      result.failedWrongly.push(`job ${id}: ${ends.join(', ')} instead of ${expected}`);
    else if (wasCancelled) result.cancelled += 1;
    else if (code) result.failedRightly += 1;
    else result.done += 1;
  }
  return result;
}

/** Waits until every message of our nodes has ended, and counts those that have not. */
async function balance(nodeRed: NodeRed): Promise<number> {
  const open = (): number => {
    const counts = new Map<string, number>();
    for (const { what, node, id } of nodeRed.ledger()) {
      const key = `${node} ${id}`;
      counts.set(key, (counts.get(key) ?? 0) + (what === 'came' ? 1 : -1));
    }
    return [...counts.values()].filter((each) => each !== 0).length;
  };
  await until(() => open() === 0, 10_000).catch(() => undefined);
  return open();
}

interface Sample {
  seconds: number;
  memory: number;
  engine: number;
  files: number;
  engineFiles: number;
}

/** Samples in which there was an engine process. */
function working(samples: readonly Sample[]): Sample[] {
  return samples.filter(({ engine }) => engine > 0);
}

function sampleOf(nodeRed: NodeRed): Sample {
  const engine = descendants(nodeRed.pid).find((pid) => /engine[\\/]server/.test(commandOf(pid)));
  return {
    seconds: performance.now() / 1000,
    memory: residentBytes(nodeRed.pid),
    engine: engine ? residentBytes(engine) : 0,
    files: openFiles(nodeRed.pid),
    engineFiles: engine ? openFiles(engine) : 0,
  };
}

function residentBytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return 1024 * Number(/VmRSS:\s*(\d+)/.exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function openFiles(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

function unfinished(nodeRed: NodeRed): string[] {
  const work = path.join(nodeRed.home, 'user', 'workspace', 'tmp');
  const inside = readdirSync(work).map((name) => `workspace/tmp/${name}`);
  return [...inside, ...readdirSync(nodeRed.temporary)];
}

/** Means of the first and last five samples, and the slope of a straight line (least squares). */
function trend(samples: readonly Sample[], value: (sample: Sample) => number): Trend {
  const mean = (list: readonly number[]): number =>
    list.reduce((sum, each) => sum + each, 0) / Math.max(1, list.length);
  const all = samples.map(value);
  const half = samples.slice(Math.floor(samples.length / 2));
  const slope = slopeOf(half.map((sample) => [sample.seconds, value(sample)] as const));
  return { start: mean(all.slice(0, 5)), end: mean(all.slice(-5)), slope };
}

/** The largest gap of a 10 ms timer in a thread that does nothing else: the machine's own share. */
class IdleGap {
  readonly #worker = new Worker(
    `const { parentPort } = require('node:worker_threads');
     let last = Date.now(), gap = 0;
     setInterval(() => { const now = Date.now(); gap = Math.max(gap, now - last); last = now; }, 10);
     parentPort.on('message', () => parentPort.postMessage(gap));`,
    { eval: true },
  );

  async stop(): Promise<number> {
    const gap = new Promise<number>((resolve) => this.#worker.once('message', resolve));
    this.#worker.postMessage('stop');
    const found = await gap;
    await this.#worker.terminate();
    return found;
  }
}
