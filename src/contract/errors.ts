/** Errors: `code` is the API for flows, the message is one sentence for people. */

export const ERROR_CODES = {
  /** A message, setting or file is not what was expected. */
  E_INPUT: 'input',
  /** A path leads out of the folder it must stay in, or cannot be read or written. */
  E_PATH: 'path',
  /** No face was found in the portrait. */
  E_NO_FACE: 'no face',
  /** No voice of that name or language. */
  E_VOICE: 'no voice',
  /** FFmpeg or FFprobe is not installed, or not where the setting says. */
  E_FFMPEG_MISSING: 'no FFmpeg',
  /** FFmpeg is too old or lacks a filter or an encoder. */
  E_FFMPEG_VERSION: 'old FFmpeg',
  /** FFmpeg failed on this file. */
  E_FFMPEG: 'FFmpeg failed',
  /** A model, or the package that carries it, is not installed. */
  E_MODEL_MISSING: 'no model',
  /** A model file is damaged or of a kind that is not supported. */
  E_MODEL_INVALID: 'bad model',
  /** The model's licence has not been accepted. */
  E_MODEL_LICENCE: 'licence',
  /** A native library (onnxruntime-node, sharp) does not load on this platform. */
  E_NATIVE: 'no library',
  /** A server that was set up is not reached, refuses, or does not give what it should. */
  E_SERVER: 'server',
  /** The worker process died while the job ran. */
  E_ENGINE_LOST: 'engine lost',
  /** The job was cancelled on purpose: reset, redeploy or shutdown. */
  E_CANCELLED: 'cancelled',
  /** A wait or a stage took longer than its limit. */
  E_TIMEOUT: 'timeout',
  /** A queue is full. */
  E_BUSY: 'queue full',
  /** The disk is full, or a limit of the workspace is reached. */
  E_DISK: 'disk',
  /** A defect of Lipwire itself; the message holds what is known. */
  E_INTERNAL: 'internal',
} as const;

/** Stable; flows switch on it. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** An error as plain JSON, between the worker process and Node-RED. */
export interface SerializedError {
  code: ErrorCode;
  message: string;
  details?: Record<string, unknown>;
  stack?: string;
}

/** Any failure that Lipwire reports. */
export class LipwireError extends Error {
  readonly code: ErrorCode;
  /** Small facts for programs, for example the end of FFmpeg's output. */
  readonly details?: Record<string, unknown>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: Record<string, unknown> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'LipwireError';
    this.code = code;
    if (options.details) this.details = options.details;
  }
}

/**
 * E_INPUT in one sentence: what was expected, what came, what to do.
 * @param subject what the sentence is about, for example `msg.payload.text`
 */
export function inputError(
  subject: string,
  expectation: string,
  received: unknown,
  remedy?: string,
): LipwireError {
  const tail = remedy ? `; ${remedy}` : '';
  return new LipwireError(
    'E_INPUT',
    `Expected ${expectation} for ${subject} but received ${describe(received)}${tail}.`,
  );
}

export function isCancelled(error: unknown): boolean {
  return error instanceof LipwireError && error.code === 'E_CANCELLED';
}

/** Throws E_CANCELLED when the signal has been aborted. */
export function throwIfCancelled(signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw signal.reason instanceof LipwireError ? signal.reason : cancelled();
}

export function cancelled(why = 'The job was cancelled before it was done.'): LipwireError {
  return new LipwireError('E_CANCELLED', why);
}

/** Any thrown value as a LipwireError; system errors become E_DISK or E_PATH. */
export function toLipwireError(thrown: unknown): LipwireError {
  if (thrown instanceof LipwireError) return thrown;
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const system = (error as NodeJS.ErrnoException).code;
  if (error.name === 'AbortError') return cancelled();
  // EFBIG: a limit of the file system or the process.
  if (system === 'ENOSPC' || system === 'EDQUOT' || system === 'EFBIG') {
    return new LipwireError(
      'E_DISK',
      `The disk is full; free some space or choose another workspace folder (${error.message}).`,
      { cause: error },
    );
  }
  if (system === 'ENOENT' || system === 'EACCES' || system === 'EPERM' || system === 'EISDIR') {
    return new LipwireError('E_PATH', `Expected a readable file but ${error.message}.`, {
      cause: error,
    });
  }
  return new LipwireError('E_INTERNAL', `Something unexpected happened: ${error.message}`, {
    cause: error,
  });
}

export function serializeError(thrown: unknown): SerializedError {
  const { code, message, details, stack } = toLipwireError(thrown);
  return { code, message, ...(details && { details }), ...(stack && { stack }) };
}

/** The inverse of {@link serializeError}. */
export function deserializeError(data: SerializedError): LipwireError {
  const error = new LipwireError(data.code, data.message, { details: data.details });
  if (data.stack) error.stack = data.stack;
  return error;
}

/** A value in a few words. */
export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return `"${shorten(value)}"`;
  if (typeof value === 'number' || typeof value === 'bigint') return `the number ${value}`;
  if (typeof value === 'boolean') return `${value}`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'symbol') return 'a symbol';
  if (Buffer.isBuffer(value)) return `a Buffer of ${value.length} bytes`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  const kind = (value as { kind?: unknown }).kind;
  if (typeof kind === 'string') return `an object of kind "${shorten(kind)}"`;
  return 'an object';
}

function shorten(text: string, length = 60): string {
  const flat = text.replace(/\s+/g, ' ');
  return flat.length > length ? `${flat.slice(0, length)}…` : flat;
}

/**
 * The names nearest to what was typed, by edit distance and common prefix.
 * @param names among equals the first wins
 */
export function nearest(typed: string, names: readonly string[], count = 5): string[] {
  const wanted = typed.toLowerCase();
  return names
    .map((name, order) => ({ name, order, cost: cost(wanted, name.toLowerCase()) }))
    .sort((a, b) => a.cost - b.cost || a.order - b.order)
    .slice(0, count)
    .map(({ name }) => name);
}

function cost(wanted: string, name: string): number {
  let shared = 0;
  while (shared < wanted.length && wanted[shared] === name[shared]) shared++;
  const inside = wanted.length >= 3 && name.includes(wanted) ? 2 : 0;
  return editDistance(wanted.slice(0, 60), name.slice(0, 60)) - 1.5 * shared - inside;
}

/** Levenshtein's distance. Our own, because of Node-RED's limit of six dependencies. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}
