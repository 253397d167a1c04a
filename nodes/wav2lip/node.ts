/** Makes a face speak: `speech` and `msg.face` in, a `clip` out. */
import type { NodeAPI } from 'node-red';
import { validateFace } from '../../src/contract';
import { takeSound } from '../shared/inputs';
import { runtimeNote } from '../shared/status';
import { registerStageNode } from '../shared/stage-node';

export default function (RED: NodeAPI): void {
  registerStageNode(RED, 'wav2lip', () => ({
    input: async ({ msg, files }) => ({
      speech: await takeSound(msg.payload, files, msg['cues']),
      face: validateFace(msg['face']),
    }),
    output: (clip, { msg }) => ({ ...msg, payload: clip }),
    summary: ({ duration, engine }) => ({
      key: 'rendered',
      values: { model: engine.model, seconds: duration.toFixed(1) },
      ...runtimeNote(engine),
    }),
  }));
}
