/**
 * IPA notation parsed into articulatory features, so that any language works: what the lips and the
 * jaw do follows from height, backness, rounding, place and manner (International Phonetic
 * Association, chart of 2020), not from a list of one language's phonemes.
 */

export type Place =
  | 'bilabial'
  | 'labiodental'
  | 'dental'
  | 'alveolar'
  | 'postalveolar'
  | 'palatal'
  | 'velar'
  | 'uvular'
  | 'pharyngeal'
  | 'glottal';

export type Manner = 'stop' | 'nasal' | 'fricative' | 'approximant' | 'lateral' | 'trill' | 'click';

export interface Vowel {
  kind: 'vowel';
  /** 0 close (i, u) … 1 open (a). */
  height: number;
  /** 0 front … 1 back. */
  backness: number;
  rounded: boolean;
  /** 1 is plain; more is long or stressed. */
  length: number;
}

export interface Consonant {
  kind: 'consonant';
  place: Place;
  manner: Manner;
  /** Lips rounded or protruded as well: w, ʃ, labialised. */
  rounded: boolean;
  length: number;
}

export type Segment = Vowel | Consonant;

/** Vowel letters by height (rows of the chart, 0 close … 1 open) and backness. */
const VOWELS: [letters: string, height: number, backness: number, rounded: boolean][] = [
  ['i', 0, 0, false],
  ['y', 0, 0, true],
  ['ɨ', 0, 0.5, false],
  ['ʉ', 0, 0.5, true],
  ['ɯ', 0, 1, false],
  ['u', 0, 1, true],
  ['ɪᵻ', 0.17, 0.15, false],
  ['ʏ', 0.17, 0.15, true],
  ['ʊᵿ', 0.17, 0.85, true],
  ['ɿʅ', 0.1, 0.3, false],
  ['e', 0.33, 0, false],
  ['ø', 0.33, 0, true],
  ['ɘ', 0.33, 0.5, false],
  ['ɵ', 0.33, 0.5, true],
  ['ɤ', 0.33, 1, false],
  ['o', 0.33, 1, true],
  ['əɚ', 0.45, 0.5, false],
  ['ɛ', 0.62, 0, false],
  ['œ', 0.62, 0, true],
  ['ɜɝ', 0.55, 0.5, false],
  ['ɞ', 0.62, 0.5, true],
  ['ʌ', 0.68, 0.9, false],
  ['ɔ', 0.66, 1, true],
  ['æ', 0.85, 0, false],
  ['ɐ', 0.8, 0.5, false],
  ['a', 1, 0.2, false],
  ['ɶ', 1, 0, true],
  ['ɑ', 1, 1, false],
  ['ɒ', 0.9, 1, true],
];

const CONSONANTS: [letters: string, place: Place, manner: Manner, rounded?: boolean][] = [
  ['pbɓ', 'bilabial', 'stop'],
  ['m', 'bilabial', 'nasal'],
  ['ɸβ', 'bilabial', 'fricative'],
  ['ʙ', 'bilabial', 'trill'],
  ['ʘ', 'bilabial', 'click'],
  ['fv', 'labiodental', 'fricative'],
  ['ɱ', 'labiodental', 'nasal'],
  ['ʋⱱ', 'labiodental', 'approximant'],
  ['θð', 'dental', 'fricative'],
  ['ǀ', 'dental', 'click'],
  ['tdɗ', 'alveolar', 'stop'],
  ['n', 'alveolar', 'nasal'],
  ['szɬɮ', 'alveolar', 'fricative'],
  ['ɹɾɺ', 'alveolar', 'approximant'],
  ['r', 'alveolar', 'trill'],
  ['lɫ', 'alveolar', 'lateral'],
  ['ǁǃ', 'alveolar', 'click'],
  ['ʃʒ', 'postalveolar', 'fricative', true],
  ['ʂʐ', 'postalveolar', 'fricative'],
  ['ɕʑ', 'palatal', 'fricative'],
  ['ʈɖ', 'postalveolar', 'stop'],
  ['ɳ', 'postalveolar', 'nasal'],
  ['ɻɽ', 'postalveolar', 'approximant', true],
  ['ɭ', 'postalveolar', 'lateral'],
  ['cɟʄ', 'palatal', 'stop'],
  ['ɲ', 'palatal', 'nasal'],
  ['çʝ', 'palatal', 'fricative'],
  ['j', 'palatal', 'approximant'],
  ['ʎ', 'palatal', 'lateral'],
  ['ǂ', 'palatal', 'click'],
  ['kɡgɠ', 'velar', 'stop'],
  ['ŋ', 'velar', 'nasal'],
  ['xɣ', 'velar', 'fricative'],
  ['ɧ', 'velar', 'fricative', true],
  ['ɰ', 'velar', 'approximant'],
  ['ʟ', 'velar', 'lateral'],
  ['wʍ', 'velar', 'approximant', true],
  ['ɥ', 'palatal', 'approximant', true],
  ['qɢʛ', 'uvular', 'stop'],
  ['ɴ', 'uvular', 'nasal'],
  ['χʁ', 'uvular', 'fricative'],
  ['ʀ', 'uvular', 'trill'],
  ['ħʕʜʢ', 'pharyngeal', 'fricative'],
  ['ʡ', 'pharyngeal', 'stop'],
  ['hɦ', 'glottal', 'fricative'],
  ['ʔ', 'glottal', 'stop'],
];

const LETTERS = new Map<string, () => Segment>();
for (const [letters, height, backness, rounded] of VOWELS) {
  for (const letter of letters) {
    LETTERS.set(letter, () => ({ kind: 'vowel', height, backness, rounded, length: 1 }));
  }
}
for (const [letters, place, manner, rounded = false] of CONSONANTS) {
  for (const letter of letters) {
    LETTERS.set(letter, () => ({ kind: 'consonant', place, manner, rounded, length: 1 }));
  }
}

const STRESS: Record<string, number> = { ˈ: 1.15, ˌ: 1.05 };

/**
 * The segments that an IPA string stands for, in order; a diphthong gives two vowels, an affricate
 * two consonants. Letters and marks that say nothing about the mouth (tones, ties, ejection) are
 * passed over, so text that is no IPA gives an empty list.
 */
export function parseIpa(text: string): Segment[] {
  const segments: Segment[] = [];
  let stress = 1;
  for (const character of clean(text)) {
    const make = LETTERS.get(character);
    if (make) {
      const segment = make();
      if (segment.kind === 'vowel') {
        segment.length *= stress;
        stress = 1;
      }
      segments.push(segment);
    } else if (STRESS[character]) {
      stress = STRESS[character];
    } else {
      modify(segments.at(-1), character);
    }
  }
  return segments;
}

function modify(segment: Segment | undefined, mark: string): void {
  if (!segment) return;
  if (mark === 'ː' || mark === ':') segment.length *= 1.3;
  else if (mark === 'ˑ') segment.length *= 1.15;
  else if (mark === 'ʷ' || mark === '\u0339') segment.rounded = true;
  else if (mark === '\u031c') segment.rounded = false;
  else if (segment.kind === 'vowel' && mark === '\u031e') segment.height += 0.1;
  else if (segment.kind === 'vowel' && mark === '\u031d') segment.height -= 0.1;
}

/** Marks apart from their letters; eSpeak's "(en)", which tells of a change of voice, left out. */
function clean(text: string): string {
  return text
    .replace(/\([^)]*\)/g, '')
    .normalize('NFD')
    .replace(/c\u0327/g, 'ç');
}
