/**
 * Gives the messages to the nodes in a Node-RED without an engine: what is looked at is who takes
 * what, and that each message ends in exactly one way.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { NodeMessage } from 'node-red';
import faceDetect from '../../nodes/face-detect/node';
import hlsExport from '../../nodes/hls-export/node';
import loudnorm from '../../nodes/loudnorm/node';
import stitch from '../../nodes/stitch/node';
import textSegment from '../../nodes/text-segment/node';
import tts from '../../nodes/tts/node';
import wav2lip from '../../nodes/wav2lip/node';
import { LipwireError, type ErrorCode } from '../../src/contract';
import { FakeStudio, helper, loadNode, quiet } from '../support/node-helper';
import { until } from '../support/node-red';
import { messageCases, type MessageCase } from './messages';
import type { CaseResult } from './run-corpus';
import type { StageName } from '../../src/stages';

const NODES = {
  'text-segment': textSegment,
  tts,
  loudnorm,
  'face-detect': faceDetect,
  wav2lip,
  stitch,
  'hls-export': hlsExport,
} as const;

/** What the studio says to what reached it. */
const TAKEN = 'The studio was asked.';

/** Messages at once; a node holds no more of them than of others. */
const BATCH = 200;

export async function runMessages(
  onResult: (result: CaseResult) => void = () => undefined,
): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  const userDir = await mkdtemp(path.join(tmpdir(), 'lipwire-messages-'));
  helper.settings({ userDir });
  await helper.startServer();
  try {
    const cases = messageCases();
    for (const stage of Object.keys(NODES) as StageName[]) {
      const own = cases.filter((one) => one.stage === stage);
      for (let from = 0; from < own.length; from += BATCH) {
        results.push(...(await runBatch(stage, own.slice(from, from + BATCH))));
      }
    }
  } finally {
    await helper.stopServer();
    await rm(userDir, { recursive: true, force: true });
  }
  results.forEach(onResult);
  return results;
}

async function runBatch(stage: StageName, cases: readonly MessageCase[]): Promise<CaseResult[]> {
  const studio = new FakeStudio();
  studio.run = async () => {
    throw new LipwireError('E_CANCELLED', TAKEN);
  };
  const config = {
    type: `lipwire-${stage}`,
    waitLimit: 0.2,
    portraitType: 'msg',
    portrait: 'portrait',
  };
  const { receive, caught, completed } = await loadNode(NODES[stage], config, studio);
  const start = performance.now();
  try {
    cases.forEach(({ msg }, index) => receive({ ...msg, _msgid: `case-${index}` } as NodeMessage));
    await until(() => caught.length + completed.length >= cases.length).catch(() => undefined);
    // Whatever ends twice does so by then.
    await quiet();
  } finally {
    await helper.unload();
  }
  const seconds = (performance.now() - start) / 1000 / cases.length;
  return cases.map((one, index) => {
    const id = `case-${index}`;
    const errors = caught.filter((msg) => msg._msgid === id).map(({ error }) => error);
    const count = errors.length + completed.filter((msg) => msg._msgid === id).length;
    return resultOf(one, seconds, errors[0], count);
  });
}

function resultOf(
  { stage, name, isFine }: MessageCase,
  seconds: number,
  error: { code?: string; message: string } | undefined,
  endings: number,
): CaseResult {
  const sentence = (error?.message ?? '').replace(/^LipwireError: /, '');
  const isTaken = !error || sentence === TAKEN;
  const outcome = isTaken ? 'works' : ((error?.code ?? 'E_INTERNAL') as ErrorCode);
  const faults: string[] = [];
  if (endings !== 1) faults.push(`it ended ${endings} times`);
  const allowed = ['works', 'E_INPUT', 'E_PATH', 'E_TIMEOUT', 'E_NO_FACE'];
  if (!allowed.includes(outcome)) faults.push(`${outcome} is not for a message`);
  if (isFine === true && !isTaken) faults.push('it was refused');
  if (isFine === false && isTaken) faults.push('it was taken');
  if (!isTaken && !/^[A-Z].*\.$/.test(sentence)) faults.push('no sentence');
  return { kind: 'message', name: `${stage}: ${name}`, outcome, sentence, seconds, faults };
}
