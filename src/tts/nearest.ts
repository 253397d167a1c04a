/** Suggestions for a name that was mistyped. */

/**
 * The names nearest to what was typed: those that begin alike first, then by edit distance.
 * @param names in the order of preference among equals
 */
export function nearest(typed: string, names: readonly string[], count = 5): string[] {
  const wanted = typed.toLowerCase();
  return names
    .map((name, order) => ({ name, order, cost: cost(wanted, name.toLowerCase()) }))
    .sort((a, b) => a.cost - b.cost || a.order - b.order)
    .slice(0, count)
    .map(({ name }) => name);
}

function cost(wanted: string, name: string): number {
  let shared = 0;
  while (shared < wanted.length && wanted[shared] === name[shared]) shared++;
  const inside = wanted.length >= 3 && name.includes(wanted) ? 2 : 0;
  return editDistance(wanted.slice(0, 60), name.slice(0, 60)) - 1.5 * shared - inside;
}

/** Levenshtein's distance: insertions, deletions and substitutions that turn one into the other. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}
