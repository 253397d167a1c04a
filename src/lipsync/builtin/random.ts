/** Repeatable chance: the same inputs give the same frames. */

/**
 * Numbers from 0 to 1, the same for the same seed.
 * Algorithm: xorshift32, Marsaglia, "Xorshift RNGs", 2003.
 */
export function seededRandom(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000;
  };
}

/** A 32-bit number from bytes: FNV-1a (Fowler, Noll, Vo). */
export function hashBytes(bytes: Uint8Array, seed = 0x811c9dc5): number {
  let hash = seed | 0;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
