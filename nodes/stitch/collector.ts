/** Collects the clips of each text until all are there, whatever the order they come in. */
import { LipwireError, validateClip, type ClipPayload } from '../../src/media';
import { endDeliveries, type Delivery } from '../common/job';
import { partsOf, validateParts } from '../common/parts';

/** Texts that are collected at once; one more, and the one that waited longest is given up. */
export const MAX_GROUPS = 100;

/** Most missing pieces that an error names. */
const NAMED = 10;

export interface CollectorOptions {
  /** Keeps a file from being swept while its clip waits; returns what ends that. */
  pin(file: string): () => void;
  /** Called when the number of held clips changes; `count` where a single text is collected. */
  onChange(held: number, count?: number): void;
  /** Called after a text was given up and its messages were ended with the error. */
  onGiveUp(error: LipwireError): void;
}

interface Group {
  /** By index; in the order they came. */
  held: Map<number, Delivery>;
  count?: number;
  timer?: NodeJS.Timeout;
}

export class ClipCollector {
  readonly #options: CollectorOptions;
  readonly #groups = new Map<string, Group>();

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  /**
   * Takes a message. A clip without parts, and an array of clips, are a job of their own.
   * @param waitLimit seconds to wait for the next clip of the same text; 0: without end
   * @returns the messages of a complete job in the order they came, or undefined while some miss
   * @throws E_INPUT for what is no clip, or parts that cannot be put in order
   */
  add(delivery: Delivery, waitLimit: number): Delivery[] | undefined {
    const { msg } = delivery;
    const parts = partsOf(msg);
    if (Array.isArray(msg.payload) || !parts) return [delivery];
    const clip = validateClip(msg.payload);
    const { id, index, count } = validateParts(parts);
    const group = this.#groupOf(String(id));
    // The newest clip of an index wins; the message of the older one ends here.
    group.held.get(index)?.done();
    group.held.delete(index);
    group.held.set(index, this.#pinned(delivery, clip));
    group.count = count ?? group.count;
    if (isComplete(group)) return this.#remove(String(id));
    this.#restartTimer(String(id), group, waitLimit);
    this.#changed();
    return undefined;
  }

  /** Gives up everything; the caller ends the messages. */
  clear(): Delivery[][] {
    const groups = [...this.#groups.keys()].map((id) => this.#remove(id));
    return groups.filter((group) => group.length > 0);
  }

  #groupOf(id: string): Group {
    const known = this.#groups.get(id);
    if (known) {
      // The group that a clip came for last stands at the end.
      this.#groups.delete(id);
      this.#groups.set(id, known);
      return known;
    }
    if (this.#groups.size >= MAX_GROUPS) this.#giveUpOldest();
    const group: Group = { held: new Map() };
    this.#groups.set(id, group);
    return group;
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
      this.#giveUp(id, new LipwireError('E_TIMEOUT', `${missing(group)} but ${why}.`));
    }, waitLimit * 1000);
  }

  #giveUpOldest(): void {
    const [id, group] = this.#groups.entries().next().value as [string, Group];
    const why = `${MAX_GROUPS} other texts are being collected; stitch fewer at once`;
    this.#giveUp(id, new LipwireError('E_BUSY', `${missing(group)} but ${why}.`));
  }

  #giveUp(id: string, error: LipwireError): void {
    endDeliveries(this.#remove(id), error);
    this.#options.onGiveUp(error);
  }

  #remove(id: string): Delivery[] {
    const group = this.#groups.get(id);
    if (!group) return [];
    clearTimeout(group.timer);
    this.#groups.delete(id);
    this.#changed();
    return [...group.held.values()];
  }

  #changed(): void {
    const groups = [...this.#groups.values()];
    const held = groups.reduce((sum, group) => sum + group.held.size, 0);
    this.#options.onChange(held, groups.length === 1 ? groups[0]!.count : undefined);
  }
}

function isComplete({ held, count }: Group): boolean {
  if (count === undefined || held.size < count) return false;
  for (let index = 0; index < count; index += 1) if (!held.has(index)) return false;
  return true;
}

function missing({ held, count }: Group): string {
  if (count === undefined) return `Expected more clips after the ${held.size} that came`;
  const indexes = Array.from({ length: count }, (_, index) => index).filter((i) => !held.has(i));
  const named = indexes.slice(0, NAMED).join(', ');
  const rest = indexes.length > NAMED ? ` and ${indexes.length - NAMED} more` : '';
  return `Expected ${count} clips and still miss ${indexes.length === 1 ? 'number' : 'numbers'} ${named}${rest} (counted from 0)`;
}
