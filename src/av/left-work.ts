/**
 * Work that nobody waits for any more, and that cannot be stopped. It keeps one of the few threads that
 * the whole process has for files as well: who runs the process has to know.
 */
import { channel } from 'node:diagnostics_channel';

/** Name of the channel: 1 when a piece of work is not over in good time, −1 when it is at last. */
export const LEFT_WORK = 'lipwire:left-work';

/** Milliseconds in which most work is over by itself. */
const PATIENCE = 5000;

const news = channel(LEFT_WORK);

/** To be called when somebody gives up waiting for work. */
export function leaveWork(work: Promise<unknown>, patience = PATIENCE): void {
  let isTold = false;
  const timer = setTimeout(() => {
    isTold = true;
    news.publish(1);
  }, patience);
  timer.unref();
  const over = (): void => {
    clearTimeout(timer);
    if (isTold) news.publish(-1);
  };
  work.then(over, over);
}
