/** What is published: streams by URL path and id. */
import type { Publication } from './publication';

/** All published streams of this Node-RED. */
export class StreamRegistry {
  readonly #streams = new Map<string, { publication: Publication; owners: Set<string> }>();

  find(address: string): Publication | undefined {
    return this.#streams.get(address)?.publication;
  }

  add(publication: Publication, owner: string): void {
    const owners = this.#streams.get(publication.address)?.owners ?? new Set();
    this.#streams.set(publication.address, { publication, owners: owners.add(owner) });
  }

  /** A stream that several nodes published stays until the last of them takes it back. */
  remove(address: string, owner: string): void {
    const stream = this.#streams.get(address);
    stream?.owners.delete(owner);
    if (stream?.owners.size === 0) this.#streams.delete(address);
  }
}

/** The streams that one node published, the newest last. */
export class StreamShelf {
  readonly #registry: StreamRegistry;
  readonly #owner: string;
  readonly #onRemove = new Map<string, () => void>();
  #isClosed = false;

  constructor(registry: StreamRegistry, owner: string) {
    this.#registry = registry;
    this.#owner = owner;
  }

  /**
   * Publishes a stream, and takes the oldest ones back that are too many.
   * @param onRemove called when the stream is published by this node no more
   */
  add(publication: Publication, keep: number, onRemove: () => void): void {
    // The node went while the last files were looked at.
    if (this.#isClosed) return onRemove();
    const { address } = publication;
    this.#onRemove.get(address)?.();
    this.#onRemove.delete(address);
    this.#onRemove.set(address, onRemove);
    this.#registry.add(publication, this.#owner);
    while (this.#onRemove.size > keep) this.#remove(this.#onRemove.keys().next().value as string);
  }

  /** Takes everything back, for good. */
  close(): void {
    this.#isClosed = true;
    for (const address of [...this.#onRemove.keys()]) this.#remove(address);
  }

  #remove(address: string): void {
    this.#registry.remove(address, this.#owner);
    this.#onRemove.get(address)?.();
    this.#onRemove.delete(address);
  }
}

/** One registry for the whole process, because Node-RED's HTTP server is one. */
export const streams = new StreamRegistry();
