/**
 * What the kiosk page of a URL path is told: each published video, in order; which one is shown
 * between them; and when all is to be forgotten. A path has one channel, whichever nodes publish
 * under it.
 */
import type { Publication } from './publication';

/** A video that the page plays. URLs are relative to the page. */
export interface KioskItem {
  id: number;
  title: string;
  video: string;
  poster: string;
  /** Seconds. */
  duration: number;
  /** The higher one is played first, and interrupts a lower one. */
  priority: number;
  slides: { picture: string; start: number }[];
  /** It is shown between the others, muted and in a loop. */
  idle: boolean;
}

export type KioskEvent =
  { type: 'announce' | 'idle'; item: KioskItem } | { type: 'clear'; item?: undefined };

type Listener = (event: KioskEvent, id: string) => void;

/** Events that a page gets later, when it was away for a moment. */
const KEPT_EVENTS = 50;
/** Milliseconds after which nobody wants to hear an announcement any more. */
const KEPT_FOR = 5 * 60_000;

export class KioskChannel {
  readonly #listeners = new Map<Listener, () => void>();
  /** Tells this channel's events from those of one before a deploy. */
  readonly #epoch = `${Date.now()}`;
  #past: { event: KioskEvent; id: number; time: number }[] = [];
  #count = 0;
  #idle: KioskItem | undefined;
  #newest: KioskItem | undefined;

  /** What a page shows before anything happens. */
  get standing(): KioskItem | undefined {
    return this.#idle ?? this.#newest;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** Id of the last event. */
  get lastId(): string {
    return `${this.#epoch}-${this.#count}`;
  }

  /** @param isIdle it is shown, in a loop, between the others */
  publish(publication: Publication, priority: number, isIdle: boolean): void {
    const item = itemOf(publication, this.#count + 1, priority, isIdle);
    if (isIdle) this.#idle = item;
    else this.#newest = item;
    this.#tell({ type: isIdle ? 'idle' : 'announce', item });
  }

  /** Ends what is played, and forgets what waits. */
  clear(): void {
    this.#tell({ type: 'clear' });
  }

  /**
   * Tells a listener of all events from now on.
   * @param lastId the last one it knows; what came after that is told first
   * @param onEnd called when the channel ends
   */
  listen(listener: Listener, lastId: string | undefined, onEnd: () => void): () => void {
    for (const { event, id } of this.#missedSince(lastId)) listener(event, `${this.#epoch}-${id}`);
    this.#listeners.set(listener, onEnd);
    return () => this.#listeners.delete(listener);
  }

  end(): void {
    for (const onEnd of [...this.#listeners.values()]) onEnd();
    this.#listeners.clear();
  }

  #tell(event: KioskEvent): void {
    this.#count += 1;
    const now = Date.now();
    this.#past.push({ event, id: this.#count, time: now });
    this.#past = this.#past.slice(-KEPT_EVENTS);
    for (const listener of [...this.#listeners.keys()]) listener(event, this.lastId);
  }

  /** A page that knows another epoch has seen nothing of this one. */
  #missedSince(lastId: string | undefined): { event: KioskEvent; id: number }[] {
    if (!lastId) return [];
    const [epoch, count] = lastId.split('-');
    const known = epoch === this.#epoch ? Number(count) : 0;
    const limit = Date.now() - KEPT_FOR;
    return this.#past.filter(({ id, time }) => id > known && time >= limit);
  }
}

function itemOf(
  { address, description }: Publication,
  id: number,
  priority: number,
  idle: boolean,
): KioskItem {
  const folder = address.slice(address.lastIndexOf('/') + 1);
  const { title, video, poster, duration, slides = [] } = description;
  return {
    ...{ id, title, duration, priority, idle },
    video: `${folder}/${video}`,
    poster: `${folder}/${poster}`,
    slides: slides.map(({ picture, start }) => ({ picture: `${folder}/${picture}`, start })),
  };
}

/** The channels of all paths; one lasts as long as a node that publishes under its path. */
export class KioskChannels {
  readonly #channels = new Map<string, { channel: KioskChannel; owners: Set<string> }>();

  find(urlPath: string): KioskChannel | undefined {
    return this.#channels.get(urlPath)?.channel;
  }

  open(urlPath: string, owner: string): KioskChannel {
    const entry = this.#channels.get(urlPath) ?? {
      channel: new KioskChannel(),
      owners: new Set<string>(),
    };
    entry.owners.add(owner);
    this.#channels.set(urlPath, entry);
    return entry.channel;
  }

  close(urlPath: string, owner: string): void {
    const entry = this.#channels.get(urlPath);
    if (!entry?.owners.delete(owner) || entry.owners.size > 0) return;
    this.#channels.delete(urlPath);
    entry.channel.end();
  }
}

/** One for the whole process, because Node-RED's HTTP server is one. */
export const kiosks = new KioskChannels();
