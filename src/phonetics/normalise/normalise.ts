/** What is spoken in place of what is written, before any voice. */
import type { Replacement } from '../rewriting';
import { addresses, fancyLetters, stopsBehindQuotes } from './signs';

/**
 * @param text without markup
 * @returns where two overlap, the earlier in the list counts
 */
export function normalise(text: string): Replacement[] {
  return [...addresses(text), ...fancyLetters(text), ...stopsBehindQuotes(text)];
}
