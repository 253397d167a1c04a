/** How far a download, a copy or a check is, in bytes. */
export interface ModelProgress {
  doing: 'downloading' | 'copying' | 'checking';
  done: number;
  total: number;
}

export interface WorkOptions {
  signal?: AbortSignal;
  /** `done` rises within one kind of work, unless a server has to start from the beginning again. */
  onProgress?: (progress: ModelProgress) => void;
}

/** A signal that is never aborted, where the caller has none. */
export function signalOf({ signal }: WorkOptions): AbortSignal {
  return signal ?? new AbortController().signal;
}
