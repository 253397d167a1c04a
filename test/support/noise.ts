/**
 * Seeded noise: numbers from `low` to `high` by a linear congruential generator (the constants of
 * Numerical Recipes), the same on every machine.
 */
export function noise(length: number, low = 0, high = 1, seed = 1): Float32Array {
  let state = seed >>> 0;
  const numbers = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    numbers[i] = low + (state / 2 ** 32) * (high - low);
  }
  return numbers;
}
