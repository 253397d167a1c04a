/**
 * What is spoken in place of what is written, before any voice: numbers with their signs, dates, times,
 * abbreviations. Digits that every voice reads rightly stay digits. A language is one table
 * ({@link Language}) and one line of the list.
 */
import type { Replacement } from '../rewriting';
import { arabic } from './ar';
import { german } from './de';
import { english } from './en';
import { spanish } from './es';
import { french } from './fr';
import { japanese } from './ja';
import { applyRules, commonRules, type Language, type Rule } from './language';
import { chinese } from './zh';
import { addresses, fancyLetters, stopsBehindQuotes, withoutEmoji } from './signs';

const LANGUAGES: Readonly<Record<string, Language>> = {
  ...{ en: english, de: german, fr: french, es: spanish },
  ...{ ja: japanese, zh: chinese, cmn: chinese, ar: arabic },
};

/** By language tag; a flow may name any number of them, of which few have rules. */
const known = new Map<string, readonly Rule[]>();

function rulesOf(tag: string): readonly Rule[] {
  const language = LANGUAGES[/^[a-z]+/i.exec(tag)?.[0].toLowerCase() ?? ''];
  if (!language) return [];
  let rules = known.get(tag);
  if (!rules) {
    rules = commonRules(language, tag);
    if (known.size > 50) known.clear();
    known.set(tag, rules);
  }
  return rules;
}

/**
 * @param text without markup
 * @param tag BCP 47, or a voice's language such as `cmn`
 * @returns where two overlap, the earlier in the list counts
 */
export function normalise(
  text: string,
  tag: string,
  emoji: 'omit' | 'speak' = 'omit',
): Replacement[] {
  return [
    ...addresses(text),
    ...applyRules(text, rulesOf(tag)),
    ...fancyLetters(text),
    ...(emoji === 'omit' ? withoutEmoji(text) : []),
    ...stopsBehindQuotes(text),
  ];
}
