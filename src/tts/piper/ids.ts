/** From signs to the ids that a Piper voice is given, and back to times. */
import { LipwireError } from '../../contract';
import type { Sign } from '../neural/reading';
import type { Ids } from '../neural/timing';
import type { PiperConfig } from './config';

const BEGIN = '^';
const PAD = '_';
const END = '$';

/** Phonemes by Piper's rules: old voices' replacements, then runs of signs that are one phoneme. */
export function phonemesOf(
  signs: readonly Sign[],
  { clusters, replaced }: Pick<PiperConfig, 'clusters' | 'replaced'>,
): Sign[] {
  const plain = signs.flatMap((sign) =>
    (replaced.get(sign.value) ?? [sign.value]).map((value) => ({ ...sign, value })),
  );
  const phonemes: Sign[] = [];
  for (let at = 0; at < plain.length;) {
    const run = clusters.find((each) => each.every((value, i) => plain[at + i]?.value === value));
    const length = Math.max(1, run?.length ?? 1);
    const value = run ? run.join('') : plain[at].value;
    phonemes.push({ ...plain[at], value });
    at += length;
  }
  return phonemes;
}

/**
 * BEGIN PAD, then each phoneme's ids and PAD, then END.
 * @throws E_MODEL_INVALID when the voice lacks one of these
 */
export function idsOf(phonemes: readonly Sign[], ids: PiperConfig['ids']): Ids {
  const [begin, pad, end] = [BEGIN, PAD, END].map((name) => {
    const found = ids.get(name);
    if (found) return found;
    throw new LipwireError(
      'E_MODEL_INVALID',
      `Expected a Piper voice with an id for "${name}" but its phoneme_id_map has none; get the file again.`,
    );
  });
  const all = [...begin, ...pad];
  const signs: Ids['signs'] = [];
  const unknown = new Set<string>();
  for (const phoneme of phonemes) {
    const own = ids.get(phoneme.value);
    if (!own) {
      unknown.add(phoneme.value);
      continue;
    }
    all.push(...own, ...pad);
    // The padding before it is heard as its beginning: closures and noise of fricatives.
    signs.push({ ...phoneme, count: pad.length + own.length });
  }
  all.push(...end);
  return { ids: all, signs, lead: begin.length, unknown: [...unknown] };
}
