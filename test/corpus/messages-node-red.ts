/** Gives the messages to nodes in a real Node-RED, with its engine: all that can be sent to another process. */
import { serialize } from 'node:v8';
import { STAGE_NAMES, type StageName } from '../../src/stages';
import { httpFlow } from '../support/flows';
import { nodeRedBed } from './beds';
import { HARMLESS } from './corpus-case';
import { messageCases, type MessageCase } from './messages';
import type { CaseResult } from './run-corpus';

/** Messages at once. */
const AT_ONCE = 8;

/** What may come of a message besides; stitch waits for clips that never come. */
const ALLOWED: readonly string[] = [...HARMLESS, 'E_TIMEOUT', 'E_MODEL_LICENCE'];

const SETTINGS: Partial<Record<StageName, object>> = {
  'face-detect': { portraitType: 'msg', portrait: 'portrait' },
  stitch: { waitLimit: 0.2 },
};

/** The nodes of a stage behind an address that takes messages as Node.js itself serializes them. */
export function messageFlow(stage: StageName): ReturnType<typeof httpFlow> {
  const func = `
    const message = v8.deserialize(Buffer.from(msg.payload.message, 'base64'));
    return Object.assign(message, { req: msg.req, res: msg.res, _msgid: msg._msgid });`;
  const node = { type: `lipwire-${stage}`, studio: 'studio', ...SETTINGS[stage] };
  return httpFlow(`message-${stage}`, [node]).map((each) => {
    if (each.id.endsWith('-unpack')) return { ...each, func, libs: [{ var: 'v8', module: 'v8' }] };
    // What passes through need not be what an HTTP answer can hold.
    const isOk = each.id.endsWith('-ok');
    return isOk ? { ...each, func: 'msg.payload = {}; return msg;' } : each;
  });
}

/** Nothing for what only exists in its own process: functions, symbols, promises, proxies. */
function packed({ msg }: MessageCase): string | undefined {
  try {
    return serialize(msg).toString('base64');
  } catch {
    return undefined;
  }
}

/** @returns what came, and what was wrong with Node-RED in the end */
export async function runMessagesInNodeRed(
  folders: Parameters<typeof nodeRedBed>[0],
  onResult: (result: CaseResult) => void,
): Promise<{ results: CaseResult[]; faults: string[] }> {
  // First: it takes seconds, in which connections would be closed unnoticed.
  const waiting = messageCases().flatMap((one) => {
    const message = packed(one);
    return message === undefined ? [] : [{ one, message }];
  });
  const bed = await nodeRedBed(folders, STAGE_NAMES.flatMap(messageFlow));
  const results: CaseResult[] = [];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { stage, name } = next.one;
      const start = performance.now();
      const { outcome, sentence } = await bed.post(`message-${stage}`, { message: next.message });
      const seconds = (performance.now() - start) / 1000;
      const faults: string[] = [];
      if (!ALLOWED.includes(outcome)) faults.push(`${outcome} is not for a message`);
      if (outcome !== 'works' && !/^[A-Z].*\.$/.test(sentence)) faults.push('no sentence');
      if (!bed.isAlive) faults.push('Node-RED died');
      const result = {
        kind: 'message',
        name: `${stage}: ${name}`,
        outcome,
        sentence,
        seconds,
        faults,
      };
      results.push(result);
      onResult(result);
    }
  };
  const deaths = (): string[] => (bed.losses > 0 ? [`${bed.losses} deaths of the engine`] : []);
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { results, faults: [...deaths(), ...(await bed.close())] };
}
