/** Waiting for work that cannot be stopped, such as drawing an SVG, but not longer than allowed. */
import { cancelled, LipwireError } from '../contract';
import { leaveWork } from './left-work';

/** Thrown when the time is over; the caller says it in its own words. */
export class TimeOver extends Error {}

/**
 * The result of the work. When the time is over or the job is cancelled the work is left to itself.
 * @throws {@link TimeOver}, E_CANCELLED, or what the work throws
 */
export function within<T>(work: Promise<T>, seconds: number, signal?: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const leave = (reason: Error) => {
      leaveWork(work);
      settle(() => reject(reason));
    };
    const timer = setTimeout(() => leave(new TimeOver()), seconds * 1000);
    const onAbort = () => {
      const { reason } = signal as AbortSignal;
      leave(reason instanceof LipwireError ? reason : cancelled());
    };
    const settle = (act: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      act();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    work.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error as Error)),
    );
  });
}
