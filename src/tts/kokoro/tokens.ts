/** From eSpeak NG's phonemes to the tokens that Kokoro learned, and back to IPA. */
import type { Sign } from '../neural/reading';
import type { Ids } from '../neural/timing';

/** Ids of the tokens; those of Kokoro-82M v0.19 and v1.0. */
const TOKENS = new Map<string, number>();
for (const [first, signs] of [
  ...([
    [1, ';:,.!?'],
    [9, '—…"()“”'],
  ] as const),
  ...([
    [16, ' \u0303ʣʥʦʨᵝ\uAB67A'],
    [25, 'I'],
    [31, 'O'],
    [33, 'Q'],
    [35, 'ST'],
  ] as const),
  ...([
    [39, 'W'],
    [41, 'Yᵊabcdef'],
    [50, 'hijklmnopqrstuvwxyzɑɐɒæ'],
    [75, 'βɔɕç'],
  ] as const),
  ...([
    [80, 'ɖðʤə'],
    [85, 'ɚɛɜ'],
    [90, 'ɟ'],
    [92, 'ɡ'],
    [99, 'ɥ'],
    [101, 'ɨɪʝ'],
  ] as const),
  ...([
    [110, 'ɯɰŋɳɲɴø'],
    [118, 'ɸθœ'],
    [123, 'ɹ'],
    [125, 'ɾɻ'],
    [128, 'ʁɽʂʃʈʧ'],
  ] as const),
  ...([
    [135, 'ʊʋ'],
    [138, 'ʌɣɤ'],
    [142, 'χʎ'],
    [147, 'ʒʔ'],
    [156, 'ˈˌː'],
    [162, 'ʰ'],
  ] as const),
  ...([
    [164, 'ʲ'],
    [169, '↓'],
    [171, '→↗↘'],
    [177, 'ᵻ'],
  ] as const),
]) {
  [...signs].forEach((sign, at) => TOKENS.set(sign, first + at));
}

/** What a sign run becomes, the longest first. */
type Rules = readonly (readonly [from: string, to: string])[];

const COMMON: Rules = [
  ['c\u0327', 'ç'],
  ['g', 'ɡ'],
];
const AFFRICATES: Rules = [
  ['dʒ', 'ʤ'],
  ['tʃ', 'ʧ'],
  ['ts', 'ʦ'],
  ['dz', 'ʣ'],
];
const ENGLISH: Rules = [
  ...([
    ['aɪə', 'Iə'],
    ['aɪɚ', 'Iəɹ'],
    ['aʊ', 'W'],
    ['aɪ', 'I'],
    ['dʒ', 'ʤ'],
    ['tʃ', 'ʧ'],
  ] as const),
  ...([
    ['eɪ', 'A'],
    ['e', 'A'],
    ['ɔɪ', 'Y'],
    ['əl', 'ᵊl'],
    ['ʔn\u0329', 'tᵊn'],
    ['ʔn', 'tᵊn'],
  ] as const),
  ...([
    ['ʔ', 't'],
    ['r', 'ɹ'],
    ['x', 'k'],
    ['c\u0327', 'k'],
    ['ɐ', 'ə'],
    ['ɚ', 'əɹ'],
  ] as const),
  ...([
    ['ɬ', 'l'],
    ['ʲ', ''],
    ['oʊ', 'O'],
    ['əʊ', 'Q'],
    ['g', 'ɡ'],
  ] as const),
];
const AMERICAN: Rules = [...ENGLISH, ['ɜːɹ', 'ɜɹ'], ['ɜː', 'ɜɹ'], ['ɪə', 'iə'], ['ː', '']];
const BRITISH: Rules = [...ENGLISH, ['eə', 'ɛː'], ['iə', 'ɪə']];

/**
 * The signs that Kokoro takes for what eSpeak NG reads.
 * @param language eSpeak's, such as `en-us`
 */
export function kokoroSigns(signs: readonly Sign[], language: string): Sign[] {
  const rules = !language.startsWith('en')
    ? [...COMMON, ...AFFRICATES]
    : language.startsWith('en-gb')
      ? BRITISH
      : AMERICAN;
  const byLength = rules
    .map(([from, to]) => ({ from: [...from], to: [...to] }))
    .sort((a, b) => b.from.length - a.from.length);
  const found: Sign[] = [];
  for (let at = 0; at < signs.length;) {
    const rule = byLength.find(({ from }) =>
      from.every((sign, i) => signs[at + i]?.value === sign),
    );
    const { word } = signs[at];
    for (const value of rule ? rule.to : [signs[at].value]) found.push({ value, word });
    at += rule?.from.length ?? 1;
  }
  return found;
}

/** Most tokens of a run. */
export const MOST_TOKENS = 510;

/** The ids of a run, a zero at both ends. Signs that Kokoro does not know are left out. */
export function tokensOf(signs: readonly Sign[]): Ids {
  const known = signs.flatMap((sign) => {
    const id = TOKENS.get(sign.value);
    return id === undefined ? [] : [{ ...sign, id }];
  });
  const taken = known.slice(0, MOST_TOKENS);
  return {
    ids: [0, ...taken.map(({ id }) => id), 0],
    signs: taken.map(({ value, word }) => ({ value: IPA[value] ?? value, word, count: 1 })),
    lead: 1,
    unknown:
      known.length > MOST_TOKENS
        ? [
            known
              .slice(MOST_TOKENS)
              .map((one) => one.value)
              .join(''),
          ]
        : [],
  };
}

/** Tokens that are no IPA. */
const IPA: Record<string, string> = {
  ...{ A: 'eɪ', I: 'aɪ', O: 'oʊ', Q: 'əʊ', W: 'aʊ', Y: 'ɔɪ', S: 'ʃ', T: 'ɾ', ᵊ: 'ə' },
  ...{ ʣ: 'dz', ʥ: 'dʑ', ʦ: 'ts', ʨ: 'tɕ', ʤ: 'dʒ', ʧ: 'tʃ', '\uAB67': 'ʈʂ', ᵝ: '' },
};
