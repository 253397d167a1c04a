/**
 * The text that a voice speaks in place of the written one, and the way back: what is shown (captions,
 * word cues) stays as it was written.
 */
import type { Cue } from '../contract';

/** From `start` up to, not including, `end` of the written text (UTF-16 units), this is spoken. */
export interface Replacement {
  start: number;
  end: number;
  spoken: string;
}

export interface Rewriting {
  written: string;
  spoken: string;
  /** In order: where each replacement lies in the spoken text. */
  replaced: readonly (Replacement & { from: number; to: number })[];
}

/** @param replacements in any order; of two that overlap the one that is given first counts */
export function rewrite(written: string, replacements: readonly Replacement[]): Rewriting {
  /** 1 where a replacement lies. */
  const covered = new Uint8Array(written.length + 1);
  const taken: Replacement[] = [];
  for (const one of replacements) {
    const { start, end } = one;
    if (covered.subarray(start, Math.max(end, start + 1)).includes(1)) continue;
    covered.fill(1, start, end);
    taken.push(one);
  }
  taken.sort((a, b) => a.start - b.start);
  const replaced: (Replacement & { from: number; to: number })[] = [];
  let spoken = '';
  let at = 0;
  for (const one of taken) {
    spoken += written.slice(at, one.start);
    const from = spoken.length;
    spoken += one.spoken;
    replaced.push({ ...one, from, to: spoken.length });
    at = one.end;
  }
  return { written, spoken: spoken + written.slice(at), replaced };
}

/**
 * Cues of the spoken text as cues of the written one: the words of one replacement become one word,
 * shown as it was written. Phonemes stay.
 * @param cues in order of time, each word before its phonemes
 */
export function cuesAsWritten(
  cues: readonly Cue[],
  { spoken, replaced, written }: Rewriting,
): Cue[] {
  const found: Cue[] = [];
  /** In the spoken text: behind the last word. */
  let cursor = 0;
  let open: { cue: Cue; start: number; end: number } | undefined;
  for (const cue of cues) {
    const at = cue.type === 'word' ? spoken.indexOf(cue.value, cursor) : -1;
    if (cue.type !== 'word' || at < 0) {
      found.push({ ...cue });
      continue;
    }
    cursor = at + cue.value.length;
    const start = placeIn(replaced, at, 'start');
    const end = placeIn(replaced, cursor, 'end');
    if (open && start < open.end) {
      // A further word of a replacement.
      open.end = Math.max(open.end, end);
      open.cue.end = Math.max(open.cue.end, cue.end);
      open.cue.value = shown(written.slice(open.start, open.end));
      continue;
    }
    const value = shown(written.slice(start, end)) || cue.value;
    open = { cue: { ...cue, value }, start, end };
    found.push(open.cue);
  }
  return found;
}

/** A word without white space around it and stops behind it. */
function shown(word: string): string {
  return word.trim().replace(/[.,;:!?]+$/, '');
}

/** The place in the written text for one in the spoken text; of a replacement its start or end. */
function placeIn(replaced: Rewriting['replaced'], at: number, side: 'start' | 'end'): number {
  let moved = 0;
  for (const { from, to, start, end } of replaced) {
    const isInside = side === 'start' ? at >= from && at < to : at > from && at <= to;
    if (isInside) return side === 'start' ? start : end;
    if (at < to || (side === 'end' && at <= from)) break;
    moved = end - to;
  }
  return at + moved;
}

/** Several texts that are spoken one after another, as one. */
export function joinRewritings(parts: readonly Rewriting[]): Rewriting {
  const joined = { written: '', spoken: '', replaced: [] as Rewriting['replaced'][number][] };
  for (const { written, spoken, replaced } of parts) {
    const [before, heard] = [joined.written.length, joined.spoken.length];
    joined.replaced.push(
      ...replaced.map((one) => ({
        ...one,
        ...{ start: one.start + before, end: one.end + before },
        ...{ from: one.from + heard, to: one.to + heard },
      })),
    );
    joined.written += `${written}\n`;
    joined.spoken += `${spoken}\n`;
  }
  return joined;
}
