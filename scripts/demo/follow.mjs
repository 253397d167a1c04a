/** Watches what the nodes do from inside the same process: progress, times, results and failures. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/**
 * Follows one text through the flow.
 * @param library what the built src/runtime/run-events.js exports
 * @returns a promise of what came out of the nodes: `{video, stream, engine, stages, seconds}`
 */
export function followText({ RED, library, onProgress }) {
  const progress = new library.StageProgress(onProgress);
  const observers = new Map();
  const started = performance.now();

  function onRun(event) {
    const { run, stage } = event;
    if (!observers.has(run)) observers.set(run, progress.observer(stage));
    observers.get(run)(event);
  }

  subscribe(library.RUN_CHANNEL, onRun);
  const found = {};
  return new Promise((resolve, reject) => {
    RED.hooks.add('onSend.lipwireDemo', (sent) => {
      for (const { source, msg } of sent) {
        const kind = msg.payload?.kind;
        if (source.node.type === 'lipwire-text-segment' && msg.parts?.index === 0) {
          progress.expect(['tts', 'loudnorm', 'face-detect', 'wav2lip'], msg.parts.count);
        }
        if (kind === 'clip') found.engine = msg.payload.engine;
        if (kind === 'video') found.video = msg.payload;
        if (kind === 'stream') resolve({ ...found, stream: msg.payload });
      }
    });
    RED.hooks.add('onComplete.lipwireDemo', ({ error }) => error && reject(error));
  })
    .then((results) => {
      const seconds = (performance.now() - started) / 1000;
      return { ...results, stages: progress.seconds, seconds };
    })
    .finally(() => {
      unsubscribe(library.RUN_CHANNEL, onRun);
      RED.hooks.remove('*.lipwireDemo');
    });
}
