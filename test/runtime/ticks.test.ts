import assert from 'node:assert/strict';
import { objectSource, resolveParameters, type ParameterTable } from '../../src/contract';
import {
  STAGE_NAMES,
  STAGES,
  type StageInput,
  type StageName,
  type StageOutput,
  type StageParameters,
} from '../../src/stages';
import { avatarFile } from '../../src/runtime/avatar';
import { Studio } from '../../src/runtime/studio';
import { deleteFolder, say, testFolder } from './worker/support';
import { IdleTicker } from '../support/idle-ticker';

/** Sentences enough for some seconds of work in every stage. */
const LONG = 'The quick brown fox jumps over the lazy dog, and then it rests. '.repeat(15_000);
const SPOKEN = 'This is a sentence that takes about four seconds to be spoken aloud. '.repeat(2);

const ATTEMPTS = 3;

describe('this thread, while the engine works,', function () {
  this.timeout(400_000);
  let folder: string;
  let studio: Studio;
  let idle: IdleTicker;
  let counts: Map<StageName, { ticks: number; least: number }>;
  /** The share of ticks that was kept, over the least share. */
  const best = new Map<StageName, number>();

  // A machine that is busy with other things takes ticks from any process: an idle thread beside
  // this one tells how many. What this thread itself does takes them every time: a stage has to do
  // well in one attempt of three.
  before(async () => {
    idle = new IdleTicker();
    for (let attempt = 0; attempt < ATTEMPTS && !STAGE_NAMES.every(keepsEnough); attempt++) {
      await measure();
    }
  });

  after(() => idle.stop());

  function keepsEnough(stage: StageName): boolean {
    return (best.get(stage) ?? 0) >= 1;
  }

  /** Runs all stages in a new workspace and takes down the best share of ticks so far. */
  async function measure(): Promise<void> {
    counts = new Map();
    folder = await testFolder();
    studio = new Studio({ workspace: folder });
    try {
      await renderAll();
    } finally {
      await studio.close();
      await deleteFolder(folder);
    }
    for (const [stage, { ticks, least }] of counts) {
      best.set(stage, Math.max(best.get(stage) ?? 0, ticks / least));
    }
  }

  /** Runs a stage and adds up the ticks of a 10 ms timer meanwhile. */
  async function run<S extends StageName>(
    stage: S,
    input: StageInput<S>,
    given: object = {},
  ): Promise<StageOutput<S>> {
    const table: ParameterTable = STAGES[stage].parameters;
    const parameters = resolveParameters(table, [objectSource('', given)]) as StageParameters<S>;
    const count = counts.get(stage) ?? { ticks: 0, least: 0 };
    counts.set(stage, count);
    const timer = setInterval(() => (count.ticks += 1), 10);
    const start = performance.now();
    idle.begin();
    try {
      return await studio.run(stage, input, parameters);
    } finally {
      clearInterval(timer);
      count.least += (idle.leastShare() * (performance.now() - start)) / 10;
    }
  }

  async function renderAll(): Promise<void> {
    await run('text-segment', say(LONG));
    await run('loudnorm', await run('tts', say(SPOKEN.repeat(20))));
    const speech = await run('loudnorm', await run('tts', say(SPOKEN)));
    const face = await run('face-detect', { kind: 'file', file: avatarFile() });
    const clip = await run('wav2lip', { speech, face }, { fps: 15 });
    const video = await run('stitch', { clips: [clip] }, { quality: 'draft' });
    await run('hls-export', video);
  }

  for (const stage of STAGE_NAMES) {
    it(`keeps at least 80 % of its ticks during ${stage}`, () => {
      assert.ok(keepsEnough(stage), `${(80 * (best.get(stage) ?? 0)).toFixed(0)} % at best`);
    });
  }
});
