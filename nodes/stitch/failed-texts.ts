import type { LipwireError } from '../../src/contract';
import type { Delivery } from '../shared/job';

interface FailedText {
  error: LipwireError;
  count?: number;
  /** Whether one of its messages has carried the error, so that Catch has seen it. */
  isTold: boolean;
  /** Segments that came or failed. */
  seen: Set<number>;
}

/** Texts that were given up while some of their clips are still on the way. */
export class FailedTexts {
  readonly #texts = new Map<string, FailedText>();

  /** @param most texts that are remembered; one more, and the oldest is forgotten */
  constructor(private readonly most: number) {}

  add(id: string, text: FailedText): void {
    this.#texts.set(id, text);
    this.#forgetWhenOver(id, text);
    const [oldest] = this.#texts.keys();
    if (this.#texts.size > this.most && oldest !== undefined) this.#texts.delete(oldest);
  }

  /**
   * Ends a late clip of a failed text; the first one carries the error where none has yet.
   * @returns false where the text has not failed, or begins anew: an index comes a second time
   */
  end(id: string, index: number, delivery: Delivery): boolean {
    const text = this.#see(id, index);
    if (!text) return false;
    if (text.isTold) delivery.done();
    else delivery.done(text.error);
    text.isTold = true;
    return true;
  }

  /** Notes that one more segment of a failed text failed; false as above. */
  see(id: string, index: number): boolean {
    return this.#see(id, index) !== undefined;
  }

  clear(): void {
    this.#texts.clear();
  }

  #see(id: string, index: number): FailedText | undefined {
    const text = this.#texts.get(id);
    if (text?.seen.has(index)) this.#texts.delete(id);
    if (!text || text.seen.has(index)) return undefined;
    text.seen.add(index);
    this.#forgetWhenOver(id, text);
    return text;
  }

  #forgetWhenOver(id: string, { seen, count }: FailedText): void {
    if (count !== undefined && seen.size >= count) this.#texts.delete(id);
  }
}
