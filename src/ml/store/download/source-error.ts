/** Why a source did not give a file. The message continues "<host>: …". */
export class SourceError extends Error {
  constructor(
    message: string,
    /**
     * `again`: the same source may do better a moment later; `wrong`: it gave another file than
     * it should; `never`: anything else.
     */
    readonly hope: 'again' | 'wrong' | 'never' = 'never',
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Errors that stay when the same address is asked again at once. */
const LASTING = /^(ECONNREFUSED|ENOTFOUND|ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/;

/** What went wrong on the way to a server. */
export function networkError(error: unknown): SourceError {
  if (error instanceof SourceError) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  const hope = LASTING.test(code) ? 'never' : 'again';
  return new SourceError(sentence(code, message), hope, { cause: error });
}

function sentence(code: string, message: string): string {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'the server is not found (no network?)';
  if (code === 'ECONNREFUSED') return 'the server takes no connections';
  if (code === 'ECONNRESET' || message === 'aborted') return 'the connection was cut off';
  return message || code || 'the connection failed';
}
