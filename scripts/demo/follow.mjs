/** Watches what the nodes do from inside the same process: progress, times, results and failures. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/**
 * Follows one text through the flow.
 * @param library the built modules that the command line uses for the same things
 * @returns a promise of what came out of the nodes: `{video, stream, engine, stages, seconds}`
 */
export function followText({ RED, library, onProgress }) {
  const clock = new library.StageClock();
  const progress = new library.PipelineProgress(onProgress);
  const shares = new Map();
  const started = performance.now();

  function onRun(event) {
    const { run, stage, type } = event;
    if (type === 'begin') shares.set(run, progress.begin(stage));
    if (type === 'progress') shares.get(run)?.(library.fraction(event.progress));
    if (type === 'report') {
      clock.add(stage, event.report);
      shares.get(run)?.(1);
    }
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
      return { ...results, stages: clock.seconds, seconds };
    })
    .finally(() => {
      unsubscribe(library.RUN_CHANNEL, onRun);
      RED.hooks.remove('*.lipwireDemo');
    });
}
