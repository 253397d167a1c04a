/** Collects the clips of each text until all are there, whatever the order they come in. */
import {
  inputError,
  LIMITS,
  LipwireError,
  validateClip,
  type ClipPayload,
} from '../../src/contract';
import { endDeliveries, type Delivery } from '../shared/job';
import type { LostPart } from '../shared/part-news';
import { partsOf, validateParts } from '../shared/parts';
import { FailedTexts } from './failed-texts';
import { Group, segmentError, type LeftOut } from './group';

/** Texts that are collected at once; one more, and the one that waited longest is given up. */
export const MAX_GROUPS = LIMITS.collectedTexts;

/** What becomes of a text when one of its segments has failed. */
export type OnFailure = 'fail' | 'skip' | 'wait';

/** Settings that hold for one message. */
export interface Rules {
  /** Seconds to wait for the next clip of the same text; 0: without end. */
  waitLimit: number;
  onFailure: OnFailure;
}

export interface CollectorOptions {
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
  readonly #failed = new FailedTexts(MAX_GROUPS);

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
    if (this.#failed.end(key, index, delivery)) return;
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
    if (rules.onFailure === 'wait' || this.#failed.see(id, index)) return;
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
    this.#failed.add(id, { error, count: group?.count, isTold: deliveries.length > 0, seen });
    endDeliveries(deliveries, error);
    this.#options.onGiveUp(error);
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
