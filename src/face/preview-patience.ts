import { LipwireError, throwIfCancelled } from '../contract';

/** Milliseconds that a dialog waits. */
const PATIENCE = 60_000;

/**
 * Does something that a dialog waits for.
 * @throws E_TIMEOUT when it takes a minute, E_CANCELLED
 */
export async function withPatience<T>(
  work: (signal: AbortSignal) => Promise<T>,
  cancel?: AbortSignal,
): Promise<T> {
  const late = AbortSignal.timeout(PATIENCE);
  try {
    return await work(cancel ? AbortSignal.any([late, cancel]) : late);
  } catch (error) {
    if (cancel) throwIfCancelled(cancel);
    if (!late.aborted) throw error;
    throw new LipwireError(
      'E_TIMEOUT',
      `Expected a preview within ${PATIENCE / 1000} seconds but it takes longer; the node itself may still manage.`,
      { cause: error },
    );
  }
}
