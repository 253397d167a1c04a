/**
 * Entry of the worker process, which {@link WorkerProcess} forks. All heavy work (native libraries,
 * models, pixels, samples) happens here, never on Node-RED's thread.
 */
import { subscribe } from 'node:diagnostics_channel';
import { constants, setPriority } from 'node:os';
import { LEFT_WORK } from '../../av/picture';
import { serializeError } from '../../contract';
import { JobRunner } from './job-runner';
import { killGroup } from './process-group';
import type { FromWorker, ToWorker } from './protocol';

/** Milliseconds that jobs get to stop before everything is killed. */
const GRACE = 600;

let runner: JobRunner | undefined;
/** Threads with abandoned work. */
let stuck = 0;

if (process.send) {
  lowerPriority();
  process.on('message', (message) => receive(message as ToWorker));
  // The parent is gone.
  process.on('disconnect', () => void end());
  // A terminal sends SIGINT to the whole job; the parent decides when the worker ends.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => void end());
  process.on('uncaughtException', (error) => die(error));
  subscribe(LEFT_WORK, (change) => {
    stuck += change as number;
    send({ type: 'stuck', threads: stuck });
  });
} else {
  process.stderr.write('This is the worker process of Lipwire; it is started by its studio.\n');
  process.exitCode = 2;
}

/** Below Node-RED, whose timers matter more than a render. FFmpegs inherit this. */
function lowerPriority(): void {
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Not allowed everywhere.
  }
}

function send(message: FromWorker, then: () => void = () => undefined): void {
  if (!process.connected || !process.send) return then();
  process.send(message, undefined, undefined, then);
}

function receive(message: ToWorker): void {
  switch (message.type) {
    case 'open':
      runner = new JobRunner(message.settings, message.stagesModule, send);
      return send({ type: 'ready' });
    case 'run':
      return void runner?.run(message.id, message.request);
    case 'cancel':
      return runner?.cancel(message.id);
    case 'ask':
      return void runner?.answer(message.id, message.question, message.about);
    case 'close':
      return void end();
  }
}

/** Cancels all jobs, gives them {@link GRACE} to stop, and kills every FFmpeg. */
async function end(): Promise<void> {
  const stopped = runner?.cancelAll() ?? Promise.resolve();
  const timer = new Promise((resolve) => setTimeout(resolve, GRACE));
  await Promise.race([stopped, timer]);
  if (process.connected) process.disconnect();
  killGroup(process.pid);
  // Where the group could not be killed.
  process.exit(0);
}

function die(error: unknown): void {
  const leave = (): never => process.exit(70);
  setTimeout(leave, GRACE);
  send({ type: 'fatal', error: serializeError(error) }, leave);
}
