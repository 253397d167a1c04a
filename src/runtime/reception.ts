import { compareUrgency, type Urgency } from './worker/urgency';
import { cancelled, LipwireError } from '../contract';
import { WaitingLine } from './waiting-line';

/** One that waits to be let in. */
interface Visitor {
  urgency: Urgency;
  letIn(): void;
}

/** What lets a run in, and out again. */
export interface Admission {
  /** How many waited when it came. */
  position: number;
  /** Resolves when it is let in; rejects with E_CANCELLED when the signal is aborted before. */
  entered: Promise<void>;
  /** To be called when the run is over, also when it was never let in. */
  leave(): void;
}

/** However urgent they are, so many times the usual number are let in at most. */
const CROWD = 4;

/**
 * The queue of a studio. Few runs at once are worked on (their inputs read, their outputs looked for,
 * their jobs handed to the engine); all others wait here, where each takes next to no memory.
 */
export class Reception {
  readonly #line = new WaitingLine<Visitor>();
  readonly #inside = new Set<Visitor>();

  /**
   * @param places runs that are worked on at once; more urgent ones are let in beside them
   * @param limit most that may wait
   */
  constructor(
    private readonly places: number,
    private readonly limit: number,
  ) {}

  /** How many wait. */
  get waiting(): number {
    return this.#line.size;
  }

  /** @throws E_BUSY naming the limit, when as many wait already */
  enter(urgency: Urgency, signal: AbortSignal): Admission {
    if (this.#line.size >= this.limit) throw full(this.limit);
    const position = this.#line.size;
    const visitor: Visitor = { urgency, letIn: () => undefined };
    const entered = new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        if (this.#line.delete(visitor)) reject(cancelled());
      };
      visitor.letIn = () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      this.#line.add(visitor);
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    });
    this.#admit();
    const leave = (): void => {
      if (this.#inside.delete(visitor)) this.#admit();
    };
    return { position, entered, leave };
  }

  #admit(): void {
    for (let next = this.#line.first; next && this.#mayEnter(next); next = this.#line.first) {
      this.#line.delete(next);
      this.#inside.add(next);
      next.letIn();
    }
  }

  #mayEnter({ urgency }: Visitor): boolean {
    if (this.#inside.size < this.places) return true;
    if (this.#inside.size >= CROWD * this.places) return false;
    const ahead = [...this.#inside].filter((one) => compareUrgency(one.urgency, urgency) >= 0);
    return ahead.length < this.places;
  }
}

function full(limit: number): LipwireError {
  return new LipwireError(
    'E_BUSY',
    `Expected at most ${limit} waiting messages (the queue limit of the studio) but as many wait ` +
      'already; send messages more slowly, or raise the limit.',
    { details: { limit } },
  );
}
