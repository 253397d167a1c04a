/** Speaks a text: `text` in, `speech` with phoneme and word cues out. */
import type { NodeAPI } from 'node-red';
import { takeText, textSource } from '../shared/inputs';
import { registerStageNode } from '../shared/stage-node';
import { serveListen } from './listen';

export default function (RED: NodeAPI): void {
  serveListen(RED);
  registerStageNode(RED, 'tts', () => ({
    sources: (msg) => textSource(msg, ['language', 'voice', 'pause']),
    input: ({ msg, parameters: { language, voice, pause } }) => ({
      // The resolved values replace the text's own, so that only one place says who wins.
      ...takeText(msg.payload),
      ...(language && { language }),
      ...(voice && { voice }),
      pause,
    }),
    output: (speech, { msg }) => ({ ...msg, payload: speech }),
    summary: ({ duration }) => ({
      key: 'seconds',
      values: { seconds: duration.toFixed(1) },
    }),
  }));
}
