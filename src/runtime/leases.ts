/** Names of things in a workspace: `artifacts/<key>` and `inputs/<hash>.<extension>`. */
const ENTRY =
  /(?:^|[\\/])(?:artifacts[\\/]([0-9a-f]{64})|inputs[\\/]([0-9a-f]{64}\.[a-z0-9]{2,4})$)/;

/** What is in use and must not be swept. */
export class Leases {
  readonly #counts = new Map<string, number>();

  /**
   * Protects whatever of the workspace these paths lie in, until the returned function is called.
   * Paths elsewhere are ignored.
   */
  take(paths: readonly string[]): () => void {
    const names = new Set(entryNames(paths));
    for (const name of names) this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    return () => {
      for (const name of names) {
        const left = (this.#counts.get(name) ?? 1) - 1;
        if (left > 0) this.#counts.set(name, left);
        else this.#counts.delete(name);
      }
      names.clear();
    };
  }

  has(name: string): boolean {
    return this.#counts.has(name);
  }

  get names(): string[] {
    return [...this.#counts.keys()];
  }
}

/** The name of the artifact or kept file that a path lies in. */
export function entryName(path: string): string | undefined {
  const match = ENTRY.exec(path);
  return match?.[1] ?? match?.[2];
}

/** The names of all artifacts and kept files that paths lie in. */
export function entryNames(paths: readonly string[]): string[] {
  return paths.map(entryName).filter((name) => name !== undefined);
}
