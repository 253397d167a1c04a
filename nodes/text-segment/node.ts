/** Splits a text into segments to be spoken: one message a segment, in order. */
import type { NodeAPI } from 'node-red';
import { takeText, textSource } from '../shared/inputs';
import { nestedParts } from '../shared/parts';
import { registerStageNode } from '../shared/stage-node';

export default function (RED: NodeAPI): void {
  registerStageNode(RED, 'text-segment', () => ({
    sources: (msg) => textSource(msg, ['language']),
    input: ({ msg, parameters }) => {
      const text = takeText(msg.payload);
      return parameters.language ? { ...text, language: parameters.language } : text;
    },
    output: ({ segments }, { msg }) => {
      const id = RED.util.generateId();
      return segments.map((segment, index) => ({
        ...msg,
        payload: segment,
        parts: nestedParts(msg, id, index, segments.length),
      }));
    },
    summary: ({ segments }) => ({ key: 'segments', values: { number: segments.length } }),
  }));
}
