import type { LipwireError } from '../../contract';
import type { About, Answers, Question } from './protocol';

interface Asked {
  question: Question;
  about: unknown;
  resolve(answer: Answers[Question]): void;
  reject(error: LipwireError): void;
}

/** Questions to the engine process that are not answered yet. */
export class Questions {
  readonly #asked = new Map<number, Asked>();

  /** @param put puts a question to the process */
  constructor(private readonly put: (id: number, question: Question, about: unknown) => void) {}

  /** How many wait for their answer. */
  get open(): number {
    return this.#asked.size;
  }

  /** @param isReady whether the process can be asked now; otherwise {@link askAgain} does it */
  ask<Q extends Question>(
    id: number,
    question: Q,
    about: About<Q>,
    isReady: boolean,
  ): Promise<Answers[Q]> {
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { question, about, resolve: resolve as Asked['resolve'], reject });
      if (isReady) this.put(id, question, about);
    });
  }

  /** Puts all questions to a process that has just started. */
  askAgain(): void {
    for (const [id, { question, about }] of this.#asked) this.put(id, question, about);
  }

  resolve(id: number, answer: Answers[Question]): void {
    this.#take(id)?.resolve(answer);
  }

  /** Nothing happens where the number is a job's. */
  reject(id: number, error: LipwireError): void {
    this.#take(id)?.reject(error);
  }

  /** Ends all that are open. */
  fail(error: LipwireError): void {
    for (const asked of this.#asked.values()) asked.reject(error);
    this.#asked.clear();
  }

  #take(id: number): Asked | undefined {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    return asked;
  }
}
