/** Which language a text is probably in, told by its letters alone; and what can be spoken at all. */

/** Scripts whose letters tell the language, or at least one that is read with them. */
const SCRIPTS: readonly (readonly [language: string, letters: RegExp])[] = [
  ['latin', /\p{Script=Latin}/u],
  ['ar', /\p{Script=Arabic}/u],
  ['cmn', /\p{Script=Han}/u],
  ['ja', /[\p{Script=Hiragana}\p{Script=Katakana}]/u],
  ['ko', /\p{Script=Hangul}/u],
  ['ru', /\p{Script=Cyrillic}/u],
  ['hi', /\p{Script=Devanagari}/u],
  ['he', /\p{Script=Hebrew}/u],
  ['el', /\p{Script=Greek}/u],
  ['th', /\p{Script=Thai}/u],
  ['bn', /\p{Script=Bengali}/u],
  ['pa', /\p{Script=Gurmukhi}/u],
  ['gu', /\p{Script=Gujarati}/u],
  ['or', /\p{Script=Oriya}/u],
  ['ta', /\p{Script=Tamil}/u],
  ['te', /\p{Script=Telugu}/u],
  ['kn', /\p{Script=Kannada}/u],
  ['ml', /\p{Script=Malayalam}/u],
  ['si', /\p{Script=Sinhala}/u],
  ['ka', /\p{Script=Georgian}/u],
  ['hy', /\p{Script=Armenian}/u],
  ['am', /\p{Script=Ethiopic}/u],
  ['my', /\p{Script=Myanmar}/u],
  ['chr', /\p{Script=Cherokee}/u],
  ['km', /\p{Script=Khmer}/u],
  ['lo', /\p{Script=Lao}/u],
  ['bo', /\p{Script=Tibetan}/u],
];

/**
 * Letters that only some languages of a script have; the first language decides that has its share
 * of them (an Arabic text may have a foreign name with a Persian letter).
 */
const TELLING: Record<string, readonly (readonly [string, RegExp, share: number])[]> = {
  ar: [
    ['ur', /[ٹڈڑںےۓہ]/g, 0.03],
    ['fa', /[پچژگکی]/g, 0.03],
  ],
  ru: [
    ['kk', /[әғқңұһ]/gi, 0.01],
    ['be', /ў/gi, 0.001],
    ['uk', /[їєґі]/gi, 0.005],
    ['mk', /[ѓќѕ]/gi, 0.001],
    ['sr', /[ђћјљњџ]/gi, 0.005],
  ],
};

/**
 * A letter of these scripts weighs as much as so many Latin ones: it is a syllable or a word, and
 * their voices read Latin words too, where a Latin voice cannot read them.
 */
const DENSE = new Set(['cmn', 'ja', 'ko']);
const DENSE_WEIGHT = 6;

/** So much of a text is looked at; more would not change the answer. */
const SAMPLE = 4000;

/**
 * The language that a text's script tells: `ar`, `he`, `cmn`, `ja`, `ko`, `hi`, `ru`, `el`, …
 * Where scripts are mixed, the one with the most letters wins, East Asian ones weighing more; Han with a tenth of Kana is Japanese.
 * @returns undefined for Latin, which tells nothing, and for a text without letters
 */
export function languageOfScript(text: string): string | undefined {
  const sample = text.slice(0, SAMPLE);
  const counts = new Map<string, number>();
  for (const letter of sample.match(/\p{L}/gu) ?? []) {
    const language = scriptOf(letter);
    if (language) counts.set(language, (counts.get(language) ?? 0) + 1);
  }
  const kana = counts.get('ja') ?? 0;
  const han = counts.get('cmn') ?? 0;
  if (kana > 0 && kana * 9 >= han) counts.set('ja', kana + han).delete('cmn');
  const weigh = ([language, letters]: [string, number]): number =>
    letters * (DENSE.has(language) ? DENSE_WEIGHT : 1);
  const [first] = [...counts].sort((a, b) => weigh(b) - weigh(a));
  if (!first || first[0] === 'latin') return undefined;
  const [script, letters] = first;
  const telling = TELLING[script]?.find(
    ([, own, share]) => (sample.match(own)?.length ?? 0) > share * letters,
  );
  return telling?.[0] ?? script;
}

/** True when the voices of a language read words in Latin letters as well. */
export function readsLatin(language: string): boolean {
  return DENSE.has(scriptLanguage(language));
}

/** The language that a script stands for when its letters tell no more: `fa` → `ar`, `ja` → `cmn`. */
export function scriptLanguage(language: string): string {
  if (language === 'ja') return 'cmn';
  const family = Object.entries(TELLING).find(([, all]) => all.some(([one]) => one === language));
  return family?.[0] ?? language;
}

/** Answers of {@link scriptOf}; a text has few different letters. */
const known = new Map<string, string>();

function scriptOf(letter: string): string {
  let language = known.get(letter);
  if (language === undefined) {
    language = SCRIPTS.find(([, letters]) => letters.test(letter))?.[0] ?? '';
    known.set(letter, language);
  }
  return language;
}

/** True when there is a letter or a digit. */
export function hasWords(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}

/** True when a voice can say something of it: letters, digits and emoji, but not bare punctuation. */
export function isSpeakable(text: string): boolean {
  return /[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(text);
}
