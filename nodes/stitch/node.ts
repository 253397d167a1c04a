/** Joins clips into one video: collects by `msg.parts`, or takes an array. */
import type { NodeAPI, NodeMessage } from 'node-red';
import {
  ERROR_CODES,
  LIMITS,
  LipwireError,
  toLipwireError,
  validateClip,
  type ClipPayload,
  type ErrorCode,
} from '../../src/contract';
import { leadsTo } from '../shared/flows';
import { outcomeOf, type TextValues } from '../shared/status';
import { takeClips } from '../shared/inputs';
import { type Delivery, bufferLimit } from '../shared/node-queue';
import { onLostPart, type LostPart, partsOf, withOuterParts } from '../shared/parts';
import { registerStageNode } from '../shared/stage-node';
import { Arrivals, ClipCollector, type Rules, type LeftOut } from './collector';
import { rulesFor } from './settings';

export default function (RED: NodeAPI): void {
  registerStageNode(RED, 'stitch', ({ node, config, status, studio, start }) => {
    const leftOutOf = new WeakMap<NodeMessage, LeftOut[]>();
    const collector = new ClipCollector({
      most: Math.min(LIMITS.heldClips, bufferLimit(RED)),
      pin: (file) => studio().pin(file),
      onChange: (held, count) => status.collecting(held, count),
      onGiveUp: (error) => status.start().end(outcomeOf(error)),
      onComplete: (deliveries, leftOut) => {
        for (const { msg } of deliveries) leftOutOf.set(msg, leftOut);
        start(deliveries);
      },
    });
    const arrivals = new Arrivals();
    // A lost part has no message to fail; a wrong setting fails every clip.
    const keepQuiet = (error: unknown): void => node.debug(toLipwireError(error).message);
    function lose(part: LostPart, rules: Rules): void {
      try {
        collector.lose(part, rules);
      } catch (error) {
        keepQuiet(error);
      }
    }
    const unlisten = onLostPart((part) => {
      if (!leadsTo(RED, part.nodeId, node.id)) return;
      const look = () => rulesFor(RED, node, config, part.msg);
      try {
        arrivals.take(undefined, look, (rules) => lose(part, rules))?.catch(keepQuiet);
      } catch (error) {
        keepQuiet(error);
      }
    });
    function take(delivery: Delivery, rules: Rules): void {
      const error = errorOf(delivery);
      if (!error) return collector.add(delivery, rules);
      const lost = lostPartOf(delivery.msg, error);
      if (lost) lose(lost, rules);
      delivery.done();
    }
    return {
      gather: (delivery) => {
        const look = () => rulesFor(RED, node, config, delivery.msg);
        return arrivals.take(delivery, look, (rules) => take(delivery, rules));
      },
      release: (except) => [...arrivals.clear(except), ...collector.clear(except)],
      input: ({ msg, messages }) => ({
        clips: messages.length > 1 ? inOrder(messages) : takeClips(msg.payload),
      }),
      output: (video, { msg }) => {
        // The parts of an array are not its clips' and stay.
        const outer = Array.isArray(msg.payload) ? msg : withOuterParts(msg);
        const leftOut = leftOutOf.get(msg) ?? [];
        return { ...outer, payload: video, ...(leftOut.length > 0 && { leftOut }) };
      },
      summary: ({ duration }, { msg }): { key: string; values: TextValues } => {
        const seconds = duration.toFixed(1);
        const leftOut = leftOutOf.get(msg)?.length ?? 0;
        return leftOut > 0
          ? { key: 'leftOut', values: { seconds, number: leftOut } }
          : { key: 'seconds', values: { seconds } };
      },
      close: unlisten,
    };
  });
}

/** The error of a message that a Catch node passed on instead of a clip. */
function errorOf({ msg }: Delivery): LipwireError | undefined {
  const { error, payload } = msg as { error?: unknown; payload?: unknown };
  if (typeof error !== 'object' || error === null) return undefined;
  if (Array.isArray(payload) || (payload as { kind?: unknown } | null)?.kind === 'clip') {
    return undefined;
  }
  const { code, message } = error as { code?: unknown; message?: unknown };
  const known = typeof code === 'string' && code in ERROR_CODES ? (code as ErrorCode) : 'E_INPUT';
  return new LipwireError(known, String(message ?? 'The segment failed.'));
}

function lostPartOf(msg: NodeMessage, error: LipwireError): LostPart | undefined {
  const { id, index, count } = partsOf(msg) ?? {};
  if (id === undefined || !Number.isInteger(index)) return undefined;
  return { nodeId: '', id: String(id), index: index as number, count, msg, error };
}

function inOrder(messages: readonly NodeMessage[]): ClipPayload[] {
  return [...messages]
    .sort((a, b) => (partsOf(a)?.index ?? 0) - (partsOf(b)?.index ?? 0))
    .map(({ payload }) => validateClip(payload));
}
