import { compareUrgency, type Urgency } from './urgency';

/** What the queue needs to know of a job. */
export interface Queued extends Urgency {
  /** Told its place whenever that changes; 0 is next. */
  onPosition(position: number): void;
}

/** Waiting jobs: the most urgent first, and equally urgent ones in the order they came. */
export class JobQueue<T extends Queued> {
  readonly #jobs: T[] = [];
  readonly #places = new WeakMap<T, number>();

  get length(): number {
    return this.#jobs.length;
  }

  add(job: T): void {
    const after = this.#jobs.findLastIndex((other) => compareUrgency(other, job) >= 0);
    this.#jobs.splice(after + 1, 0, job);
    this.#tellPlaces();
  }

  /** Puts jobs back that had been taken: before all others that are as urgent. */
  putBack(jobs: readonly T[]): void {
    for (const job of [...jobs].reverse()) {
      const before = this.#jobs.findIndex((other) => compareUrgency(other, job) <= 0);
      this.#jobs.splice(before < 0 ? this.#jobs.length : before, 0, job);
    }
    this.#tellPlaces();
  }

  /** Takes the next job out. */
  take(): T | undefined {
    const job = this.#jobs.shift();
    this.#tellPlaces();
    return job;
  }

  /** Takes one job out wherever it is; false when it is not here. */
  remove(job: T): boolean {
    const index = this.#jobs.indexOf(job);
    if (index < 0) return false;
    this.#jobs.splice(index, 1);
    this.#tellPlaces();
    return true;
  }

  /** Takes all jobs out. */
  clear(): T[] {
    return this.#jobs.splice(0);
  }

  /** Changes the priority of a waiting job; nothing happens to one that is not here. */
  raise(job: T, priority: number): void {
    if (priority <= job.priority || !this.remove(job)) return;
    job.priority = priority;
    this.add(job);
  }

  #tellPlaces(): void {
    this.#jobs.forEach((job, place) => {
      if (this.#places.get(job) === place) return;
      this.#places.set(job, place);
      job.onPosition(place);
    });
  }
}
