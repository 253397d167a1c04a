/** Where the cases of the corpus are tried: a studio of this process, or nodes in a real Node-RED. */
import { readFileSync } from 'node:fs';
import { LipwireError, type ErrorCode } from '../../src/contract';
import { STAGE_NAMES, type StageInput, type StageName } from '../../src/stages';
import { Studio } from '../../src/runtime/studio';
import { httpFlow } from '../support/flows';
import { NodeRed, until, type FlowNode } from '../support/node-red';
import { commandOf, descendants } from '../support/processes';
import type { Outcome } from './corpus-case';

/** Where cases are tried. */
export interface Bed {
  studio: Pick<Studio, 'run'>;
  /** Times that the engine process was lost. */
  readonly losses: number;
  /** The engine process, where there is one. */
  readonly enginePid: number | undefined;
  /** Whether what the cases are given to lives. */
  readonly isAlive: boolean;
  /** @returns what is wrong with how it ended */
  close(): Promise<string[]>;
}

/** What came back from an address. */
interface Answer {
  outcome: Outcome;
  sentence: string;
  text: string;
}

export interface NodeRedBed extends Bed {
  /** Sends to another address of the flows. */
  post(route: string, body: object): Promise<Answer>;
}

export interface BedFolders {
  workspace: string;
  models: string;
}

export function studioBed({ workspace, models }: BedFolders): Bed {
  const studio = new Studio({ workspace, models, acceptNonCommercial: true, jobs: 1 });
  return {
    studio,
    get losses() {
      return studio.engineState.losses;
    },
    get enginePid() {
      return studio.engineState.pid;
    },
    isAlive: true,
    close: async () => {
      await studio.close();
      return [];
    },
  };
}

/** A text of a megabyte has six where each character is written as `\\uD800`. */
const LARGEST_REQUEST = '50mb';

/** One node of each stage in a Node-RED, each behind an HTTP address; needs what is built. */
export async function nodeRedBed(
  { workspace, models }: BedFolders,
  more: FlowNode[] = [],
): Promise<NodeRedBed> {
  const nodeRed = await NodeRed.start({
    settings: { apiMaxLength: LARGEST_REQUEST, functionExternalModules: true },
  });
  const studio = { id: 'studio', type: 'lipwire-studio', name: '', workspace, models };
  const flows = STAGE_NAMES.map((stage) =>
    httpFlow(stage, [{ type: `lipwire-${stage}`, studio: 'studio' }]),
  );
  await nodeRed.deploy([
    { ...studio, jobs: 1, acceptNonCommercial: true },
    ...flows.flat(),
    ...more,
  ]);
  const ask = async (route: string, body: object): Promise<Answer> => {
    const response = await fetch(`${nodeRed.url}/${route}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (response.status === 200) return { outcome: 'works', sentence: '', text };
    const { code, message } = errorIn(text);
    return { outcome: code, sentence: message.replace(/^LipwireError: /, ''), text };
  };
  const run = async (
    stage: StageName,
    input: StageInput<StageName>,
    parameters: object,
  ): Promise<unknown> => {
    const answer = await ask(stage, { message: { ...parameters, ...messageOf(stage, input) } });
    if (answer.outcome !== 'works') throw new LipwireError(answer.outcome, answer.sentence);
    const msg = JSON.parse(answer.text) as { payload?: unknown; face?: unknown };
    return stage === 'face-detect' ? msg.face : msg.payload;
  };
  return {
    studio: { run } as unknown as Bed['studio'],
    post: ask,
    get losses() {
      // What is ended on purpose is not a warning.
      return nodeRed.log.match(/\[warn\] \[lipwire\] engine process ended/g)?.length ?? 0;
    },
    get enginePid() {
      return descendants(nodeRed.pid).find((pid) => commandOf(pid).includes('engine/server'));
    },
    get isAlive() {
      return nodeRed.isAlive;
    },
    close: async () => {
      await until(() => balanceOf(nodeRed) === 0, 5000).catch(() => undefined);
      const unbalanced = balanceOf(nodeRed);
      const faults = unbalanced === 0 ? [] : [`${unbalanced} messages that did not end, or twice`];
      const errors = nodeRed.log.match(/Uncaught Exception.*|UnhandledPromise.*/g) ?? [];
      await nodeRed.stop();
      return [...faults, ...errors];
    },
  };
}

/** Messages that did not end in exactly one way. */
function balanceOf(nodeRed: NodeRed): number {
  const open = new Map<string, number>();
  for (const { what, node, id } of nodeRed.ledger()) {
    const key = `${node} ${id}`;
    open.set(key, (open.get(key) ?? 0) + (what === 'came' ? 1 : -1));
  }
  return [...open.values()].filter((count) => count !== 0).length;
}

/** What a node takes in place of a stage's input. */
function messageOf(stage: StageName, input: StageInput<StageName>): object {
  if (stage === 'face-detect') {
    const { file, reference } = input as StageInput<'face-detect'>;
    return { portrait: file, ...(reference && { reference }) };
  }
  if ('speech' in input) return { payload: input.speech, face: input.face };
  return { payload: 'clips' in input ? input.clips : input };
}

/** The error that a Catch node saw, or what Node-RED itself said to the request. */
function errorIn(text: string): { code: ErrorCode; message: string } {
  try {
    const { code = 'E_INTERNAL', message } = JSON.parse(text) as {
      code?: ErrorCode;
      message: string;
    };
    return { code, message };
  } catch {
    return { code: 'E_INTERNAL', message: text.slice(0, 300) };
  }
}

/** Largest resident memory of a process so far, in bytes. */
export function peakOf(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return 1024 * Number(/VmHWM:\s*(\d+)/.exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}
