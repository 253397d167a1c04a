/** The clips of one text while they are collected. */
import { LipwireError } from '../../src/contract';
import type { Delivery } from '../shared/job';

/** Most missing pieces that an error names. */
const NAMED = 10;

/** A segment that the video does without. */
export interface LeftOut {
  /** Its place in the text, counted from 0. */
  index: number;
  /** Why: code and message of its error. */
  code: string;
  message: string;
}

export class Group {
  /** By index; in the order they came. */
  readonly held = new Map<number, Delivery>();
  readonly failed = new Map<number, LipwireError>();
  count?: number;
  timer?: NodeJS.Timeout;

  /** Whether nothing is waited for any more. */
  get isComplete(): boolean {
    const { count } = this;
    return count !== undefined && this.held.size + this.failed.size >= count;
  }

  /** The messages in the order they came. */
  get deliveries(): Delivery[] {
    return [...this.held.values()];
  }

  get leftOut(): LeftOut[] {
    return [...this.failed]
      .map(([index, { code, message }]) => ({ index, code, message }))
      .sort((a, b) => a.index - b.index);
  }

  /** The highest index that is known. */
  get last(): number {
    return Math.max(-1, ...this.held.keys(), ...this.failed.keys());
  }

  /** The first half of an error's sentence: what is missing. */
  get missing(): string {
    const { count, held, failed } = this;
    if (count === undefined) return `Expected more clips after the ${held.size} that came`;
    const indexes = Array.from({ length: count }, (_, index) => index).filter(
      (index) => !held.has(index) && !failed.has(index),
    );
    const named = indexes.slice(0, NAMED).join(', ');
    const rest = indexes.length > NAMED ? ` and ${indexes.length - NAMED} more` : '';
    const numbers = indexes.length === 1 ? 'number' : 'numbers';
    return `Expected ${count} clips and still miss ${numbers} ${named}${rest} (counted from 0)`;
  }
}

/** The error of a text of which a segment failed: its code is that of the segment's error. */
export function segmentError(index: number, error: LipwireError): LipwireError {
  return new LipwireError(
    error.code,
    `Expected a clip of every segment but number ${index} (counted from 0) has none: ${error.message}`,
    { cause: error },
  );
}
