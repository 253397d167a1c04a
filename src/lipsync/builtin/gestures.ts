/** Phoneme cues as mouth gestures in time. */
import type { Cue } from '../../contract';
import { parseIpa, type Segment } from '../../phonetics/ipa';
import { visemeOf, type Viseme } from '../../phonetics/visemes';

/** A mouth shape that speech wants from `start` to `end`, in seconds. */
export interface Gesture extends Viseme {
  start: number;
  end: number;
}

/**
 * The gestures of a list of cues, in time order. Cues of other types, and values that hold no IPA
 * letters (pauses, changes of voice), give none. A diphthong or an affricate shares its cue's time.
 */
export function gesturesOf(cues: readonly Cue[]): Gesture[] {
  const gestures: Gesture[] = [];
  for (const { type, value, start, end } of cues) {
    if (type !== 'phoneme' || !(end > start)) continue;
    const segments = parseIpa(value);
    const total = segments.reduce((sum, segment) => sum + weightOf(segment), 0);
    let from = start;
    for (const segment of segments) {
      const to = from + ((end - start) * weightOf(segment)) / total;
      gestures.push({ ...visemeOf(segment), start: from, end: to });
      from = to;
    }
  }
  return gestures.sort((a, b) => a.start - b.start);
}

function weightOf(segment: Segment): number {
  return segment.length * (segment.kind === 'vowel' ? 1.4 : 1);
}
