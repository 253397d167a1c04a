/** Finds the face that is to speak: puts it into `msg.face` and leaves the payload alone. */
import type { NodeAPI } from 'node-red';
import { takePortrait } from '../shared/inputs';
import { runtimeNote } from '../shared/runtime-note';
import { registerStageNode } from '../shared/stage-node';
import { readPortrait, readReference } from './portrait';
import { servePortraits } from './portrait-routes';

export default function (RED: NodeAPI): void {
  servePortraits(RED);
  registerStageNode(RED, 'face-detect', ({ node, config }) => ({
    input: async ({ msg, files }) => {
      const { value, field } = await readPortrait(RED, node, config, msg);
      const portrait = await takePortrait(value, field, files);
      const given = await readReference(RED, node, config, msg);
      if (!given) return portrait;
      const { file: reference } = await takePortrait(given.value, given.field, files);
      return { ...portrait, reference };
    },
    output: (face, { msg }) => ({ ...msg, face }),
    summary: ({ faces, engine }) => ({
      key: 'faces',
      values: { number: faces.length },
      ...runtimeNote(engine),
    }),
  }));
}
