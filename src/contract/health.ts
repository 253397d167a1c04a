import { serializeError, type ErrorCode } from './errors';

/** Whether something can be used, with a few facts; if not, why, and what to do, in one sentence. */
export type Health<Facts = object> =
  ({ usable: true } & Facts) | { usable: false; code: ErrorCode; sentence: string };

/** The health of what `look` tries out: its facts, or the error that it throws. Never rejects. */
export async function healthOf<Facts extends object>(
  look: () => Facts | Promise<Facts>,
): Promise<Health<Facts>> {
  try {
    return { usable: true, ...(await look()) };
  } catch (thrown) {
    const { code, message } = serializeError(thrown);
    return { usable: false, code, sentence: message };
  }
}
