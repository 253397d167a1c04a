/** Finds the face that is to speak: puts it into `msg.face` and leaves the payload alone. */
import type { NodeAPI } from 'node-red';
import { runtimeNote } from '../shared/status';
import { registerStageNode } from '../shared/stage-node';
import { portraitInput, readPortrait } from './portrait';
import { servePortraits } from './portrait-routes';

export default function (RED: NodeAPI): void {
  servePortraits(RED);
  registerStageNode(RED, 'face-detect', ({ node, config }) => ({
    input: async ({ msg, files }) => {
      const given = await readPortrait(RED, node, config, msg);
      return portraitInput(RED, node, config, msg, files, given);
    },
    output: (face, { msg }) => ({ ...msg, face }),
    summary: ({ faces, engine }) => ({
      key: 'faces',
      values: { number: faces.length },
      ...runtimeNote(engine),
    }),
  }));
}
