/** Tells open editors that something has changed; they then ask for as much as they show. */
import type { NodeAPI } from 'node-red';
import { board } from '../../shared/job-board';

const TOPIC = 'lipwire/jobs';
/** Least time between two messages, in milliseconds. */
const INTERVAL = 1000;

/** What Node-RED's runtime has beside the typed API. */
type WithComms = NodeAPI & {
  comms?: { publish(topic: string, data: unknown, retain?: boolean): void };
};

/** Publishes how many jobs there are, at most once a second. */
export function announceJobs(RED: NodeAPI): void {
  let timer: NodeJS.Timeout | undefined;
  let last = -Infinity;
  const tell = (): void => {
    timer = undefined;
    last = performance.now();
    (RED as WithComms).comms?.publish(TOPIC, { live: board.live }, false);
  };
  board.listen(() => {
    if (timer) return;
    timer = setTimeout(tell, Math.max(0, last + INTERVAL - performance.now()));
    timer.unref();
  });
}
