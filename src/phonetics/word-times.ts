/** Sounds for words whose times are known, from a reading of the same text by a voice that knows its own. */
import type { Cue } from '../contract';

/** How far apart two equal words may stand in their lists. */
const REACH = 6;

/**
 * The sounds of each word of a reading, moved and stretched to the time that the word has in another
 * sound. A word that the reading does not have keeps no sounds.
 * @param timed words with their times, in order
 * @param reading words and their sounds as a voice spoke them, each word before its sounds
 * @returns the words, each followed by its sounds
 */
export function soundsOfWords(timed: readonly Cue[], reading: readonly Cue[]): Cue[] {
  const read = wordsOf(reading);
  const cues: Cue[] = [];
  let next = 0;
  for (const word of timed) {
    cues.push(word);
    const found = read
      .slice(next, next + REACH)
      .findIndex(({ word: { value } }) => plain(value) === plain(word.value));
    if (found < 0) continue;
    next += found + 1;
    const { word: spoken, sounds } = read[next - 1];
    const scale = (word.end - word.start) / Math.max(1e-6, spoken.end - spoken.start);
    const at = (time: number): number =>
      Math.min(word.end, Math.max(word.start, word.start + (time - spoken.start) * scale));
    for (const sound of sounds) {
      const [start, end] = [at(sound.start), at(sound.end)];
      if (end > start) cues.push({ ...sound, start, end });
    }
  }
  return cues;
}

function wordsOf(cues: readonly Cue[]): { word: Cue; sounds: Cue[] }[] {
  const words: { word: Cue; sounds: Cue[] }[] = [];
  for (const cue of cues) {
    if (cue.type === 'word') words.push({ word: cue, sounds: [] });
    else words.at(-1)?.sounds.push(cue);
  }
  return words;
}

/** A word for comparison: its letters and digits. */
function plain(word: string): string {
  return word
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]/gu, '');
}
