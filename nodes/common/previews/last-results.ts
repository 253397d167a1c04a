/** The last result of each stage node, for its dialog; kept-results.ts keeps them over a restart. */
import type { Cue } from '../../../src/media';
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

  /** What a node has made; inside a subflow the template's node, whose dialog it is, has it as well. */
  set<S extends StageName>(
    { id, _alias }: Owner,
    made: Pick<LastResult<S>, 'stage' | 'studio' | 'result'>,
    input: StageInput<S>,
    payload: unknown,
  ): void {
    const speech = (input as Partial<StageInput<'wav2lip'>>).speech;
    const { watchUrl } = (payload ?? {}) as { watchUrl?: unknown };
    const last = {
      ...made,
      at: Date.now(),
      ...(speech?.kind === 'speech' && speech.cues && { cues: speech.cues }),
      ...(typeof watchUrl === 'string' && watchUrl.startsWith('/') && { watchUrl }),
    };
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
    if (this.#byNode.delete(id)) this.onChange();
  }
}

/** One for the whole process; it outlives a deploy. */
export const lastResults = new LastResults();
