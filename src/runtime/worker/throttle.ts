import type { Progress } from '../../contract';

/** Shortest time between two updates of one job, in milliseconds: 20 a second. */
const INTERVAL = 50;

export interface ProgressThrottle {
  push(progress: Progress): void;
  /** Sends what is still held back. Nothing is sent afterwards. */
  end(): void;
}

/** Lets at most 20 updates a second through, and always the last one. */
export function throttleProgress(send: (progress: Progress) => void): ProgressThrottle {
  let held: Progress | undefined;
  let timer: NodeJS.Timeout | undefined;
  let ended = false;

  function flush(): void {
    timer = undefined;
    if (!held) return;
    send(held);
    held = undefined;
    timer = setTimeout(flush, INTERVAL);
  }

  return {
    push(progress) {
      if (ended) return;
      held = progress;
      if (!timer) flush();
    },
    end() {
      ended = true;
      clearTimeout(timer);
      if (held) send(held);
      held = undefined;
    },
  };
}
