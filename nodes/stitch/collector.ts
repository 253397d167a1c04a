/** Collects the clips of each text, in any order, until it is complete. */
import { LRUCache } from 'lru-cache';
import {
  inputError,
  LIMITS,
  LipwireError,
  validateClip,
  type ClipPayload,
} from '../../src/contract';
import { endDeliveries, type Delivery } from '../shared/node-queue';
import { type LostPart, partsOf, validateParts, sequenceOf } from '../shared/parts';
import { ReadingLine } from '../shared/reading-line';

/** Texts that are collected at once; for one more, the one that waited longest is given up. */
export const MAX_GROUPS = LIMITS.collectedTexts;

/** On a failed segment: fail the text, leave the segment out, or wait for another clip of it. */
type OnFailure = 'fail' | 'skip' | 'wait';

/** Settings that hold for one message. */
export interface Rules {
  /** Seconds to wait for the next clip of the same text; 0: without end. */
  waitLimit: number;
  onFailure: OnFailure;
}

interface CollectorOptions {
  /** Most held clips. */
  most: number;
  pin(file: string): () => void;
  /** @param deliveries of a complete text, in order of arrival */
  onComplete(deliveries: Delivery[], leftOut: LeftOut[]): void;
  /** The number of held clips has changed. @param count of the only text */
  onChange(held: number, count?: number): void;
  /** A text was given up; its messages have ended with the error. */
  onGiveUp(error: LipwireError): void;
}

export class ClipCollector {
  readonly #groups = new Map<string, Group>();
  readonly #failed = new LRUCache<string, FailedText>({ max: MAX_GROUPS });

  constructor(private readonly options: CollectorOptions) {}

  /**
   * Adds a message. A clip without parts, and an array of clips, are complete.
   * @throws E_INPUT for what is no clip, or parts that cannot be put in order; E_BUSY
   */
  add(delivery: Delivery, rules: Rules): void {
    const { msg } = delivery;
    const parts = partsOf(msg);
    if (Array.isArray(msg.payload) || !parts) return this.options.onComplete([delivery], []);
    const clip = validateClip(msg.payload);
    const { id, index, count } = validateParts(parts);
    const key = String(id);
    const failed = this.#failedText(key, index);
    if (failed) {
      // One message of a failed text carries the error.
      delivery.done(failed.isTold ? undefined : failed.error);
      failed.isTold = true;
      return;
    }
    const group = this.#groupOf(key, index, count);
    if (!group.held.has(index)) this.#makeRoom(key);
    // The newest clip of an index wins; the older message ends.
    group.held.get(index)?.done();
    group.held.delete(index);
    group.failed.delete(index);
    group.held.set(index, this.#pinned(delivery, clip));
    this.#settle(key, group, rules);
  }

  /** A segment will not come. */
  lose({ id, index, count, error }: LostPart, rules: Rules): void {
    if (rules.onFailure === 'wait' || this.#failedText(id, index)) return;
    const group = this.#groupOf(id, index, count);
    if (group.held.has(index)) return;
    group.failed.set(index, error);
    if (rules.onFailure === 'fail') this.#giveUp(id, segmentError(index, error));
    else this.#settle(id, group, rules);
  }

  /** Gives up all texts but one; the caller ends the messages. */
  clear(except?: string): Delivery[][] {
    const ids = [...this.#groups.keys()].filter((id) => id !== except);
    if (except === undefined) this.#failed.clear();
    return ids.map((id) => this.#remove(id)).filter((group) => group.length > 0);
  }

  /** @throws E_INPUT for another count than before */
  #groupOf(id: string, index: number, count: number | undefined): Group {
    const known = this.#groups.get(id);
    const expected = known?.count ?? count;
    if (count !== undefined && expected !== count) {
      throw inputError('msg.parts.count', `${expected}, as before in this text,`, count);
    }
    if (expected !== undefined && Math.max(index, known?.last ?? 0) >= expected) {
      throw inputError('msg.parts.count', 'a number above every index of the text', expected);
    }
    if (!known && this.#groups.size >= MAX_GROUPS) {
      this.#giveUpOldest(`${MAX_GROUPS} other texts are being collected; stitch fewer at once`);
    }
    const group = known ?? new Group();
    group.count = expected;
    // Least recently extended first.
    this.#groups.delete(id);
    this.#groups.set(id, group);
    return group;
  }

  /** @throws E_BUSY when this text alone exceeds the limit */
  #makeRoom(id: string): void {
    const { most } = this.options;
    const why = `${most} clips are held already; stitch fewer at once, or raise nodeMessageBufferMaxLength`;
    while (this.#held >= most) {
      if (this.#groups.size > 1) this.#giveUpOldest(why);
      else {
        const { missing } = this.#groups.get(id)!;
        throw new LipwireError('E_BUSY', `${missing} but ${why}.`, { details: { limit: most } });
      }
    }
  }

  #settle(id: string, group: Group, rules: Rules): void {
    if (!group.isComplete) {
      this.#restartTimer(id, group, rules.waitLimit);
      return this.#changed();
    }
    const { leftOut } = group;
    const deliveries = this.#remove(id);
    if (deliveries.length > 0) return this.options.onComplete(deliveries, leftOut);
    // Every segment failed, and its own node has reported why.
    const [[index, error] = []] = group.failed;
    if (index !== undefined && error) this.options.onGiveUp(segmentError(index, error));
  }

  #pinned(delivery: Delivery, clip: ClipPayload): Delivery {
    const unpins = [clip.file, clip.master ?? clip.file].map((file) => this.options.pin(file));
    const done = (error?: Error): void => {
      for (const unpin of unpins) unpin();
      delivery.done(error);
    };
    return { ...delivery, done };
  }

  #restartTimer(id: string, group: Group, waitLimit: number): void {
    clearTimeout(group.timer);
    group.timer = undefined;
    if (waitLimit <= 0) return;
    group.timer = setTimeout(() => {
      const why = `none came for ${waitLimit} seconds; look for errors before this node, or raise its wait limit`;
      this.#giveUp(id, new LipwireError('E_TIMEOUT', `${group.missing} but ${why}.`));
    }, waitLimit * 1000);
  }

  #giveUpOldest(why: string): void {
    const [id, group] = this.#groups.entries().next().value as [string, Group];
    this.#giveUp(id, new LipwireError('E_BUSY', `${group.missing} but ${why}.`));
  }

  #giveUp(id: string, error: LipwireError): void {
    const group = this.#groups.get(id);
    const seen = new Set([...(group?.held.keys() ?? []), ...(group?.failed.keys() ?? [])]);
    const deliveries = this.#remove(id);
    this.#remember(id, { error, count: group?.count, isTold: deliveries.length > 0, seen });
    endDeliveries(deliveries, error);
    this.options.onGiveUp(error);
  }

  /** The failed text of one more segment, which then counts as seen. An index seen twice starts it anew. */
  #failedText(id: string, index: number): FailedText | undefined {
    const text = this.#failed.get(id);
    if (!text) return undefined;
    const isAnew = text.seen.has(index);
    text.seen.add(index);
    if (isAnew) this.#failed.delete(id);
    else this.#remember(id, text);
    return isAnew ? undefined : text;
  }

  /** Remembers a failed text until all of its segments have been seen. */
  #remember(id: string, text: FailedText): void {
    const { seen, count } = text;
    if (count !== undefined && seen.size >= count) this.#failed.delete(id);
    else this.#failed.set(id, text);
  }

  #remove(id: string): Delivery[] {
    const group = this.#groups.get(id);
    if (!group) return [];
    clearTimeout(group.timer);
    this.#groups.delete(id);
    this.#changed();
    return group.deliveries;
  }

  get #held(): number {
    return [...this.#groups.values()].reduce((sum, group) => sum + group.held.size, 0);
  }

  #changed(): void {
    const [only] = this.#groups.values();
    this.options.onChange(this.#held, this.#groups.size === 1 ? only.count : undefined);
  }
}

/** A text that was given up while some of its clips may still come. */
interface FailedText {
  error: LipwireError;
  count?: number;
  /** Whether one of its messages has carried the error to Catch. */
  isTold: boolean;
  /** Segments that came or failed. */
  seen: Set<number>;
}

/** Most missing pieces that an error names. */
const NAMED = 10;

/** A segment that the video lacks. */
export interface LeftOut {
  /** From 0. */
  index: number;
  /** Of its error. */
  code: string;
  message: string;
}

/** The collected clips of one text. */
class Group {
  /** By index, in order of arrival. */
  readonly held = new Map<number, Delivery>();
  readonly failed = new Map<number, LipwireError>();
  count?: number;
  timer?: NodeJS.Timeout;

  get isComplete(): boolean {
    const { count } = this;
    return count !== undefined && this.held.size + this.failed.size >= count;
  }

  get deliveries(): Delivery[] {
    return [...this.held.values()];
  }

  get leftOut(): LeftOut[] {
    return [...this.failed]
      .map(([index, { code, message }]) => ({ index, code, message }))
      .sort((a, b) => a.index - b.index);
  }

  /** The highest known index. */
  get last(): number {
    return Math.max(-1, ...this.held.keys(), ...this.failed.keys());
  }

  /** First half of an error's sentence. */
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

/** The error of a text with a failed segment, whose code it has. */
function segmentError(index: number, error: LipwireError): LipwireError {
  return new LipwireError(
    error.code,
    `Expected a clip of every segment but number ${index} (counted from 0) has none: ${error.message}`,
    { cause: error },
  );
}

/** A message, or a lost part, that waits for its rules. */
interface Arrival {
  delivery?: Delivery;
  abort: AbortController;
}

/** Messages whose rules are being evaluated; first in, first out. */
export class Arrivals {
  readonly #line = new ReadingLine();
  readonly #waiting = new Set<Arrival>();

  /**
   * Acts by the rules when all earlier arrivals have been taken; at once for rules that need no
   * evaluation. Skips what was given up meanwhile.
   * @param delivery none for a lost part
   * @throws what `look` and `act` throw
   */
  take(
    delivery: Delivery | undefined,
    look: () => Rules | Promise<Rules>,
    act: (rules: Rules) => void,
  ): Promise<void> | void {
    const found = look();
    if (!(found instanceof Promise)) {
      act(found);
      return;
    }
    // It may reject before its turn.
    found.catch(() => undefined);
    const arrival: Arrival = { ...(delivery && { delivery }), abort: new AbortController() };
    this.#waiting.add(arrival);
    return this.#wait(arrival, found, act);
  }

  async #wait(arrival: Arrival, found: Promise<Rules>, act: (rules: Rules) => void): Promise<void> {
    const { signal } = arrival.abort;
    try {
      await this.#line.next(async () => {
        const rules = await found;
        if (!signal.aborted) act(rules);
      }, signal);
    } catch (error) {
      // Who gave it up has ended the message.
      if (!signal.aborted) throw error;
    } finally {
      this.#waiting.delete(arrival);
    }
  }

  /** Gives up what waits, except of one sequence; the caller ends the messages. */
  clear(except?: string): Delivery[][] {
    const released: Delivery[][] = [];
    for (const { delivery, abort } of this.#waiting) {
      if (except !== undefined && (!delivery || sequenceOf(delivery.msg) === except)) continue;
      abort.abort();
      if (delivery) released.push([delivery]);
    }
    return released;
  }
}
