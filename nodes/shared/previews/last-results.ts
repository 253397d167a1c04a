/** The last result of each stage node, for its dialog; kept-results.ts keeps them over a restart. */
import type { Cue } from '../../../src/contract';
import type { StageInput, StageName, StageOutput } from '../../../src/stages';

/** Nodes whose results are remembered. */
const MOST = 500;

export interface LastResult<S extends StageName = StageName> {
  stage: S;
  /** When it was made, in milliseconds since the epoch. */
  at: number;
  /** Id of the studio config node that made it. */
  studio: unknown;
  /** Plain JSON with the paths of the files. */
  result: StageOutput<S>;
  /** Of the speech that was worked on. */
  cues?: Cue[];
  /** Path of the player page, where one was published. */
  watchUrl?: string;
}

/** What the node itself says; `_alias` is the node of a subflow's template that it is an instance of. */
interface Owner {
  id: string;
  _alias?: string;
}

export class LastResults {
  /** The one that was longest without a new result first. */
  readonly #byNode = new Map<string, LastResult>();
  /** Told whenever they are others than before. */
  onChange: () => void = () => undefined;

  /**
   * What a node has made, as it is now: the flow gets the same object and may do with it what it likes.
   * Inside a subflow the template's node, whose dialog it is, has it as well.
   */
  set<S extends StageName>(
    { id, _alias }: Owner,
    made: Pick<LastResult<S>, 'stage' | 'studio' | 'result'>,
    input: StageInput<S>,
    payload: unknown,
  ): void {
    const speech = (input as Partial<StageInput<'wav2lip'>>).speech;
    const { watchUrl } = (payload ?? {}) as { watchUrl?: unknown };
    const cues = speech?.kind === 'speech' ? speech.cues : undefined;
    let copy: typeof made & { cues?: Cue[] };
    try {
      copy = structuredClone({ ...made, ...(cues && { cues }) });
    } catch {
      // Somebody hung something onto the cues that cannot be copied: a dialog shows less.
      return;
    }
    const isPath = typeof watchUrl === 'string' && watchUrl.startsWith('/');
    const last = { ...copy, at: Date.now(), ...(isPath && { watchUrl }) };
    for (const key of _alias ? [id, _alias] : [id]) {
      this.#byNode.delete(key);
      this.#byNode.set(key, last as unknown as LastResult);
    }
    for (const oldest of this.#byNode.keys()) {
      if (this.#byNode.size <= MOST) break;
      this.#byNode.delete(oldest);
    }
    this.onChange();
  }

  /** All, the one that was longest without a new result first. */
  entries(): [id: string, last: LastResult][] {
    return [...this.#byNode];
  }

  /** What an earlier process left, for nodes that have made nothing since. */
  fill(entries: readonly [id: string, last: LastResult][]): void {
    const known = this.entries();
    this.#byNode.clear();
    for (const [id, last] of [...entries.slice(-MOST), ...known]) {
      this.#byNode.delete(id);
      this.#byNode.set(id, last);
    }
  }

  get(id: string): LastResult | undefined {
    return this.#byNode.get(id);
  }

  /** A node that was deleted has no dialog. */
  forget(id: string): void {
    const last = this.#byNode.get(id);
    if (!last) return;
    // The template's node has it as well, where no other instance made something since.
    for (const [key, each] of this.#byNode) if (each === last) this.#byNode.delete(key);
    this.onChange();
  }
}

/** One for the whole process; it outlives a deploy. */
export const lastResults = new LastResults();
