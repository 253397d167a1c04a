/** Which of some voices speak a language. */

/** The region that a language without one most likely means, where voices of several are usual. */
const LIKELY: Record<string, string> = {
  ...{ ar: 'ar-jo', en: 'en-us', es: 'es-es', fr: 'fr-fr', nl: 'nl-nl', pt: 'pt-br', zh: 'zh-cn' },
};
/** Other names of a language. */
const ALIASES: Record<string, string> = { cmn: 'zh', iw: 'he', nb: 'no', nn: 'no' };

/**
 * The voices that speak a language, those of its region first: `en-AU` takes any English voice.
 * @param tag BCP 47, in any case
 * @param languageOf a voice's own tag
 */
export function byLanguage<T>(
  voices: readonly T[],
  tag: string,
  languageOf: (voice: T) => string,
): T[] {
  const wanted = unified(tag);
  const base = wanted.split('-')[0];
  const able = voices.filter((voice) => unified(languageOf(voice)).split('-')[0] === base);
  const region = wanted.includes('-') ? wanted : LIKELY[base];
  const exact = able.filter((voice) => unified(languageOf(voice)) === region);
  if (exact.length > 0) return exact;
  const likely = able.filter((voice) => unified(languageOf(voice)) === LIKELY[base]);
  return likely.length > 0 ? likely : able;
}

function unified(tag: string): string {
  const [base, ...rest] = tag.toLowerCase().replaceAll('_', '-').split('-');
  return [ALIASES[base] ?? base, ...rest].join('-');
}
