/**
 * The phonemes of cues. eSpeak NG names most phonemes in IPA, but some languages show its own
 * notation; {@link toIpa} brings those to IPA too.
 *
 * What a cue's value looks like: stress (`ˈ` primary, `ˌ` secondary) first where there is any, then
 * one sound, an affricate or a diphthong as one unit (`tʃ`, `aʊ`, `ɔːɹ`, `əl`), with `ː` for long.
 * Observed, without stress marks:
 *
 * - English (en-US): ə ɚ ɐ ʌ ɪ i iː ɛ æ ɑː ɔ ɔː ʊ uː ɜː eɪ aɪ ɔɪ aʊ oʊ iə ɪɹ ɛɹ ɑːɹ ɔːɹ ʊɹ aɪɚ aɪə əl n̩
 *   p b t d k ɡ ʔ ɾ m n ŋ f v θ ð s z ʃ ʒ h x tʃ dʒ l ɹ w j
 * - English (en-GB) besides: ɒ a əʊ eə ʊə
 * - Arabic: a i u ɑ (beside emphatic consonants) b t d k q ʔ m n r l f θ ð s z ʃ x χ ɣ ħ ʕ h dʒ w j
 *   t̪ˤ s̪ˤ dˤ
 * - German besides: ø øː œ y yː ʏ ɔø ç ts pf ɜ; French: ɛ̃ ɑ̃ ɔ̃ œ̃ ʁ ɲ; Spanish: β ɣ ʎ ʝ r;
 *   Mandarin: y ɨ iɛ yɛ uə uei iou ʈʂ ʈʂʰ tɕ tɕʰ tsʰ pʰ tʰ kʰ ɕ ʂ ʐ; Japanese: ä e̞ o̞ ɯᵝ ɽ ɴ ɸ; Hindi:
 *   ʋ ɳ ʈ ɖ and the aspirated bʰ dʰ ɡʰ kʰ pʰ tʰ ʈʰ
 */

/** eSpeak's own notation, where it shows through, and its IPA. */
const NOTATION: Record<string, string> = {
  'a.': 'ɑ',
  'i.': 'ɨ',
  'r.': 'ɽ',
  's.': 'ʂ',
  'ts.': 'ʈʂ',
  'ts.h': 'ʈʂʰ',
  tsh: 'tsʰ',
  ph: 'pʰ',
  th: 'tʰ',
  kh: 'kʰ',
  tɕh: 'tɕʰ',
  onɡ: 'ʊŋ',
  'q-': 'k͈',
};

/** The same for Arabic, where the dot marks a vowel beside an emphatic consonant. */
const ARABIC: Record<string, string> = { 'i.': 'ɪ', 'u.': 'ʊ', t̪: 't̪ˤ', s̪: 's̪ˤ' };

const STRESS = /^[ˈˌ]+/;
/** No sounds: digits (tones), and what is left of a name that eSpeak cut off at eight bytes. */
const NOISE = /[\p{Cc}\uFFFD\d]/gu;

/**
 * The IPA of a phoneme as eSpeak NG reports it, with its stress mark.
 * @param language eSpeak's language of the voice
 * @returns an empty string for what is no sound: pauses and language switches such as `(en)`
 */
export function toIpa(reported: string, language: string): string {
  if (/^\(.*\)$/.test(reported)) return '';
  const stress = STRESS.exec(reported)?.[0][0] ?? '';
  const name = reported.replace(STRESS, '').replace(NOISE, '');
  const ipa =
    (language === 'ar' ? ARABIC[name] : undefined) ??
    NOTATION[name] ??
    // Korean tense consonants; elsewhere the hyphen marks a short or silent variant.
    name.replace(/-$/, language === 'ko' && /^[ptks]/.test(name) ? '͈' : '').replace(/\./g, '');
  return ipa && stress + ipa;
}

/** True for stops, whose closure comes before the sound that eSpeak reports. */
export function isStop(ipa: string): boolean {
  return /^[ˈˌ]?(p|b|t|d|k|ɡ|q|c|ɟ|ʈ|ɖ|ʔ|ɗ)/u.test(ipa);
}
