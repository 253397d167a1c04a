/** Joins clips into one video: collects by `msg.parts`, or takes an array. */
import type { NodeAPI, NodeMessage } from 'node-red';
import { inputError, validateClip, type ClipPayload } from '../../src/media';
import { takeClips } from '../common/inputs';
import { partsOf, withOuterParts } from '../common/parts';
import { registerStageNode } from '../common/stage-node';
import { ClipCollector } from './collector';

/** Seconds without a new clip after which a text is given up. */
export const WAIT_LIMIT = { default: 600, min: 0, max: 86_400 } as const;

export default function (RED: NodeAPI): void {
  registerStageNode(RED, 'stitch', ({ config, status, studio }) => {
    const collector = new ClipCollector({
      pin: (file) => studio().pin(file),
      onChange: (held, count) => status.collecting(held, count),
      onGiveUp: ({ code }) => status.start().end({ type: 'failed', code }),
    });
    return {
      gather: (delivery, run) => {
        const group = collector.add(delivery, waitLimit(delivery.msg, config));
        if (group) run(group);
      },
      release: () => collector.clear(),
      input: ({ msg, messages }) => ({
        clips: messages.length > 1 ? inOrder(messages) : takeClips(msg.payload),
      }),
      output: (video, { msg }) => {
        // An array is one message; its parts are about something else and stay.
        const outer = Array.isArray(msg.payload) ? msg : withOuterParts(msg);
        return { ...outer, payload: video };
      },
      summary: ({ duration }) => ({ key: 'seconds', values: { seconds: duration.toFixed(1) } }),
    };
  });
}

function inOrder(messages: readonly NodeMessage[]): ClipPayload[] {
  return [...messages]
    .sort((a, b) => (partsOf(a)?.index ?? 0) - (partsOf(b)?.index ?? 0))
    .map(({ payload }) => validateClip(payload));
}

/** @throws E_INPUT */
function waitLimit(msg: object, config: object): number {
  for (const [name, source] of [
    ['msg.waitLimit', msg],
    ['the setting waitLimit', config],
  ] as const) {
    const value = (source as { waitLimit?: unknown }).waitLimit;
    if (value === undefined || value === null || value === '') continue;
    const seconds = typeof value === 'string' ? Number(value) : value;
    if (typeof seconds === 'number' && seconds >= WAIT_LIMIT.min && seconds <= WAIT_LIMIT.max) {
      return seconds;
    }
    throw inputError(name, `seconds from ${WAIT_LIMIT.min} to ${WAIT_LIMIT.max}`, value);
  }
  return WAIT_LIMIT.default;
}
