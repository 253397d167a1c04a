/** The time of day, which can be set, and a clock that only goes on. Both in milliseconds. */
export interface Clocks {
  now(): number;
  steady(): number;
}

const CLOCKS: Clocks = { now: () => Date.now(), steady: () => performance.now() };

/** What is known of the last use of something. */
interface Use {
  /** By the steady clock. */
  at: number;
  /** The time of day that the file system has for it. */
  stamp: number;
}

/** Times of day that a file system keeps apart: FAT knows every second second. */
const RESOLUTION = 2000;

/**
 * How long ago the things of a workspace were used. The file system knows it by the time of day, also
 * for other processes and after a restart; what was seen once is then followed by the steady clock, so
 * that nothing turns old when the time of day is set forward, or stays for ever when it is set back.
 */
export class Ages {
  readonly #uses = new Map<string, Use>();

  constructor(private readonly clocks: Clocks = CLOCKS) {}

  /**
   * It is used now, by this process.
   * @returns the time of day for the file system
   */
  use(name: string): Date {
    const stamp = this.clocks.now();
    this.#uses.set(name, { at: this.clocks.steady(), stamp });
    return new Date(stamp);
  }

  /**
   * Milliseconds since the last use.
   * @param stamp its time of day, as the file system has it
   */
  of(name: string, stamp: number): number {
    const use = this.#uses.get(name);
    if (use && Math.abs(use.stamp - stamp) <= RESOLUTION) return this.clocks.steady() - use.at;
    // Seen for the first time, or used by another process. Times to come were set before the clock was.
    const age = Math.max(0, this.clocks.now() - stamp);
    this.#uses.set(name, { at: this.clocks.steady() - age, stamp });
    return age;
  }

  /** Forgets all others. */
  keepOnly(names: ReadonlySet<string>): void {
    for (const name of this.#uses.keys()) if (!names.has(name)) this.#uses.delete(name);
  }
}
