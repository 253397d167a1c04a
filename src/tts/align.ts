/** Brings two readings of one text together. */

/** What a sign costs that has no partner. */
const UNMATCHED = 0.7;

/**
 * Which element of `b` stands for each of `a`, by the least edit distance; in order.
 * @param difference 0 for the same, more for what is less alike; from 1.4 on two are never partners
 */
export function align<A, B>(
  a: readonly A[],
  b: readonly B[],
  difference: (a: A, b: B) => number,
): (number | undefined)[] {
  const width = b.length + 1;
  const costs = new Float64Array((a.length + 1) * width);
  const steps = (i: number, j: number): [number, number, number] => [
    costs[(i - 1) * width + j - 1] + difference(a[i - 1], b[j - 1]),
    costs[(i - 1) * width + j] + UNMATCHED,
    costs[i * width + j - 1] + UNMATCHED,
  ];
  for (let i = 0; i <= a.length; i++) {
    for (let j = 0; j <= b.length; j++) {
      costs[i * width + j] = i === 0 || j === 0 ? (i + j) * UNMATCHED : Math.min(...steps(i, j));
    }
  }
  const matches = Array<number | undefined>(a.length).fill(undefined);
  for (let i = a.length, j = b.length; i > 0 && j > 0;) {
    const [both, onlyA] = steps(i, j);
    const cost = costs[i * width + j];
    if (both === cost) matches[--i] = --j;
    else if (onlyA === cost) i--;
    else j--;
  }
  return matches;
}
