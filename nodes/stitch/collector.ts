/** Collects the clips of each text until all are there, whatever the order they come in. */
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

/** Texts that are collected at once; one more, and the one that waited longest is given up. */
export const MAX_GROUPS = LIMITS.collectedTexts;

/** What becomes of a text when one of its segments has failed. */
type OnFailure = 'fail' | 'skip' | 'wait';

/** Settings that hold for one message. */
export interface Rules {
  /** Seconds to wait for the next clip of the same text; 0: without end. */
  waitLimit: number;
  onFailure: OnFailure;
}

interface CollectorOptions {
  /** Most clips that are held. */
  most: number;
  /** Keeps a file from being swept while its clip waits; returns what ends that. */
  pin(file: string): () => void;
  /** Called with the messages of a complete text, in the order they came. */
  onComplete(deliveries: Delivery[], leftOut: LeftOut[]): void;
  /** Called when the number of held clips changes; `count` where a single text is collected. */
  onChange(held: number, count?: number): void;
  /** Called after a text was given up and its messages were ended with the error. */
  onGiveUp(error: LipwireError): void;
}

export class ClipCollector {
  readonly #options: CollectorOptions;
  readonly #groups = new Map<string, Group>();
  readonly #failed = new LRUCache<string, FailedText>({ max: MAX_GROUPS });

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  /**
   * Takes a message. A clip without parts, and an array of clips, are a job of their own.
   * @throws E_INPUT for what is no clip, or parts that cannot be put in order; E_BUSY
   */
  add(delivery: Delivery, rules: Rules): void {
    const { msg } = delivery;
    const parts = partsOf(msg);
    if (Array.isArray(msg.payload) || !parts) return this.#options.onComplete([delivery], []);
    const clip = validateClip(msg.payload);
    const { id, index, count } = validateParts(parts);
    const key = String(id);
    const failed = this.#failedText(key, index);
    if (failed) {
      // The first of its messages carries the error where none has yet.
      delivery.done(failed.isTold ? undefined : failed.error);
      failed.isTold = true;
      return;
    }
    const group = this.#groupOf(key, index, count);
    if (!group.held.has(index)) this.#makeRoom(key);
    // The newest clip of an index wins; the message of the older one ends here.
    group.held.get(index)?.done();
    group.held.delete(index);
    group.failed.delete(index);
    group.held.set(index, this.#pinned(delivery, clip));
    this.#settle(key, group, rules);
  }

  /** Takes the news that a segment will not come. */
  lose({ id, index, count, error }: LostPart, rules: Rules): void {
    if (rules.onFailure === 'wait' || this.#failedText(id, index)) return;
    const group = this.#groupOf(id, index, count);
    if (group.held.has(index)) return;
    group.failed.set(index, error);
    if (rules.onFailure === 'fail') this.#giveUp(id, segmentError(index, error));
    else this.#settle(id, group, rules);
  }

  /** Gives up everything but that text; the caller ends the messages. */
  clear(except?: string): Delivery[][] {
    const ids = [...this.#groups.keys()].filter((id) => id !== except);
    if (except === undefined) this.#failed.clear();
    return ids.map((id) => this.#remove(id)).filter((group) => group.length > 0);
  }

  /** @throws E_INPUT when the message says another number of clips than those before */
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
    // The group that a clip came for last stands at the end.
    this.#groups.delete(id);
    this.#groups.set(id, group);
    return group;
  }

  /** @throws E_BUSY when this text alone has more clips than may be held */
  #makeRoom(id: string): void {
    const { most } = this.#options;
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
    if (deliveries.length > 0) return this.#options.onComplete(deliveries, leftOut);
    // Nothing is left to be stitched, and each segment's own node has told why.
    const [[index, error] = []] = group.failed;
    if (index !== undefined && error) this.#options.onGiveUp(segmentError(index, error));
  }

  #pinned(delivery: Delivery, clip: ClipPayload): Delivery {
    const unpins = [clip.file, clip.master ?? clip.file].map((file) => this.#options.pin(file));
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
    this.#options.onGiveUp(error);
  }

  /**
   * The failed text that one more segment belongs to, which then counts as seen. Where an index comes a
   * second time the text begins anew.
   */
  #failedText(id: string, index: number): FailedText | undefined {
    const text = this.#failed.get(id);
    if (!text) return undefined;
    const isAnew = text.seen.has(index);
    text.seen.add(index);
    if (isAnew) this.#failed.delete(id);
    else this.#remember(id, text);
    return isAnew ? undefined : text;
  }

  /** Until all of its segments have been seen. */
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
    this.#options.onChange(this.#held, this.#groups.size === 1 ? only.count : undefined);
  }
}

/** A text that was given up while some of its clips are still on the way. */
interface FailedText {
  error: LipwireError;
  count?: number;
  /** Whether one of its messages has carried the error, so that Catch has seen it. */
  isTold: boolean;
  /** Segments that came or failed. */
  seen: Set<number>;
}

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

/** The clips of one text while they are collected. */
class Group {
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
function segmentError(index: number, error: LipwireError): LipwireError {
  return new LipwireError(
    error.code,
    `Expected a clip of every segment but number ${index} (counted from 0) has none: ${error.message}`,
    { cause: error },
  );
}

/** A message, or news of a lost segment, that waits for its rules. */
interface Arrival {
  delivery?: Delivery;
  /** Aborted when it is given up. */
  abort: AbortController;
}

/** Messages whose rules are still being looked up; they are taken in the order they came. */
export class Arrivals {
  readonly #line = new ReadingLine();
  readonly #waiting = new Set<Arrival>();

  /**
   * Acts by the rules when all that came before has been taken: at once where nothing has to be looked
   * up. What was given up meanwhile is not taken any more, and holds up nobody.
   * @param delivery the message that waits for them; none for news
   * @throws what looking them up or acting throws
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
    // It may fail before its turn has come, which is no reason to end Node-RED.
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
      // The message of what was given up has been ended by whoever did that.
      if (!signal.aborted) throw error;
    } finally {
      this.#waiting.delete(arrival);
    }
  }

  /** Gives up what waits, except for that sequence; the caller ends the messages. */
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
