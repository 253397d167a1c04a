/** Finds the face that is to speak: puts it into `msg.face` and leaves the payload alone. */
import type { NodeAPI } from 'node-red';
import { takePortrait } from '../common/inputs';
import { registerStageNode } from '../common/stage-node';
import { readPortrait } from './portrait';

export default function (RED: NodeAPI): void {
  registerStageNode(RED, 'face-detect', ({ node, config }) => ({
    input: async ({ msg, files }) => {
      const { value, field } = await readPortrait(RED, node, config, msg);
      return takePortrait(value, field, files);
    },
    output: (face, { msg }) => ({ ...msg, face }),
    summary: ({ faces }) => ({ key: 'faces', values: { number: faces.length } }),
  }));
}
