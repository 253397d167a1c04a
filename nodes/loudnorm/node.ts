/** Brings a sound to a loudness target: `speech` or any sound file in, `speech` out. */
import type { NodeAPI } from 'node-red';
import { takeSound } from '../shared/inputs';
import { registerStageNode } from '../shared/stage-node';

export default function (RED: NodeAPI): void {
  registerStageNode(RED, 'loudnorm', () => ({
    input: ({ msg, files }) => takeSound(msg.payload, files, msg['cues']),
    output: (speech, { msg }) => ({ ...msg, payload: speech }),
    summary: ({ loudness }) =>
      loudness?.integrated == null
        ? { key: 'done' }
        : { key: 'loudness', values: { lufs: loudness.integrated.toFixed(1) } },
  }));
}
