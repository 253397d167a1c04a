/** How work ends. */
import { isCancelled, toLipwireError } from '../../src/contract';
import type { Outcome } from './status';

/** What the status says of an error; of none, that the job was cancelled quietly. */
export function outcomeOf(error: unknown): Outcome {
  if (error === undefined || isCancelled(error)) return { type: 'cancelled' };
  return { type: 'failed', code: toLipwireError(error).code };
}

/** Waits for the promise, but not longer than so many milliseconds. */
export async function withinLimit(promise: Promise<unknown>, limit: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limit);
  });
  await Promise.race([promise, over]);
  clearTimeout(timer);
}
