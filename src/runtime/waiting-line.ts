import { compareUrgency, type Urgency } from './worker/urgency';

interface Group<T> {
  urgency: Urgency;
  /** In the order they came. */
  members: Set<T>;
}

/** Who waits: the most urgent first, equally urgent ones in the order they came. Made for thousands. */
export class WaitingLine<T extends { urgency: Urgency }> {
  /** The most urgent first; none is empty. */
  readonly #groups: Group<T>[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Who is next. */
  get first(): T | undefined {
    return this.#groups[0]?.members.values().next().value;
  }

  add(member: T): void {
    const { urgency } = member;
    const at = this.#groups.findIndex((group) => compareUrgency(group.urgency, urgency) <= 0);
    const group = this.#groups[at];
    this.#size += 1;
    if (group && compareUrgency(group.urgency, urgency) === 0) group.members.add(member);
    else {
      const place = at < 0 ? this.#groups.length : at;
      this.#groups.splice(place, 0, { urgency, members: new Set([member]) });
    }
  }

  /** Takes one out wherever it is; false when it is not here. */
  delete(member: T): boolean {
    const at = this.#groups.findIndex((group) => group.members.has(member));
    const group = this.#groups[at];
    if (!group) return false;
    group.members.delete(member);
    if (group.members.size === 0) this.#groups.splice(at, 1);
    this.#size -= 1;
    return true;
  }
}
