/** What a language says of numbers, money, dates, times and units. */
import type { Replacement } from '../rewriting';

/** One rule: what matches is spoken so; undefined: as it stands. */
export type Rule = readonly [
  pattern: RegExp,
  spoken: (found: RegExpExecArray) => string | undefined,
];

/** Units behind a number: as spoken of one, and of others where that differs. */
export type Units = Readonly<Record<string, readonly [one: string, others?: string]>>;

export interface Language {
  /** An amount of money in words. */
  money: (amount: Amount) => string;
  /** A date in words; `month` from 1. */
  date: (day: number, month: number, year: number | undefined) => string;
  /** Whether `4/12` is the fourth of December, or April the twelfth. */
  dayFirst: (tag: string) => boolean;
  clock: (hour: number, minute: number) => string;
  units: Units;
  /** `1/2`; undefined where it is read as it stands. */
  fraction: (above: number, below: number) => string | undefined;
  /** Between the numbers of a version: 1 point 2. */
  point: string;
  /** Before the number of a version that has a v. */
  version: string;
  percent: (number: string) => string;
  /** 24/7. */
  always: string;
  /** The + of a telephone number. */
  plus: string;
  /** Between a whole number and its fraction: 2 and a half. */
  and: string;
  /** What only this language has, before the common rules. */
  rules: readonly Rule[];
}

export interface Amount {
  currency: 'USD' | 'EUR' | 'GBP' | 'JPY' | 'INR';
  /** As written, without groups and without hundredths. */
  whole: string;
  /** 0…99; undefined where none are written. */
  cents: number | undefined;
  /** Decimals as written, where a scale follows. */
  decimals: string;
  scale: 'thousand' | 'million' | 'billion' | 'trillion' | undefined;
}

const SIGNS = { $: 'USD', '€': 'EUR', '£': 'GBP', '¥': 'JPY', '￥': 'JPY', '₹': 'INR' } as const;
const SCALES: Readonly<Record<string, Amount['scale']>> = {
  ...{ k: 'thousand', m: 'million', mn: 'million', mio: 'million', b: 'billion', bn: 'billion' },
  ...{ mrd: 'billion', t: 'trillion', tn: 'trillion' },
};
const NUMBER = String.raw`\d{1,3}(?:[,.\u00a0\u202f'’ ]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?`;
/** A letter of a script that puts spaces between its words. */
const LETTER = String.raw`(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー])\p{L}`;
/** Nothing of a word or number stands before, or after. */
const EDGE = String.raw`(?<!${LETTER}|[\p{N}.,/:-])`;
const END = String.raw`(?!${LETTER}|\p{N})`;
export const regex = (source: string): RegExp => new RegExp(source, 'gu');

/** The parts of a number as written; a point or comma before exactly three digits parts groups. */
function parse(number: string): { whole: string; decimals: string } {
  const decimal = /[.,](\d{1,2}|\d{4,})$/.exec(number);
  const whole = decimal ? number.slice(0, decimal.index) : number;
  return { whole: whole.replace(/\D/g, ''), decimals: decimal ? decimal[1] : '' };
}

function amountOf(sign: string, number: string, scale: string | undefined): Amount {
  const { whole, decimals } = parse(number);
  const big = scale ? SCALES[scale.toLowerCase().replace('.', '')] : undefined;
  return {
    currency: SIGNS[sign as keyof typeof SIGNS],
    whole,
    decimals,
    cents: !big && decimals.length > 0 ? Number(decimals.padEnd(2, '0').slice(0, 2)) : undefined,
    scale: big,
  };
}

/** The rules that all languages share. */
export function commonRules(language: Language, tag: string): Rule[] {
  const { money, date, clock, units, fraction, point, percent } = language;
  const mixedNumber = (whole: string | undefined, part: string): string =>
    whole ? `${whole} ${language.and} ${part}`.replace('and one half', 'and a half') : part;
  const isDate = (day: number, month: number): boolean =>
    day >= 1 && day <= 31 && month >= 1 && month <= 12;
  const signs = '[$€£¥￥₹]';
  const scale = '(?:\\s?(k|K|M|Mn|mn|Mio\\.?|B|bn|Bn|Mrd\\.?|T|tn))?';
  const symbols = Object.keys(units)
    .sort((a, b) => b.length - a.length)
    .map((unit) => unit.replace(/[/²³°]/g, '\\$&').replace(/\\([²³°])/g, '$1'));
  const names = `(${symbols.join('|')})`;
  return [
    // $5.20, $1.2M, 3,50 €
    [
      regex(`(?<!${LETTER}|\\p{N})(${signs})\\s?(${NUMBER})${scale}${END}`),
      ([, sign, number, big]) => money(amountOf(sign, number, big)),
    ],
    [
      regex(`${EDGE}(${NUMBER})${scale}\\s?(${signs})${END}`),
      ([, number, big, sign]) => money(amountOf(sign, number, big)),
    ],
    ...language.rules,
    [regex(`${EDGE}24/7${END}`), () => language.always],
    // 2026-11-30
    [
      regex(String.raw`${EDGE}(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?![\d/-])`),
      ([, year, month, day]) => (isDate(+day, +month) ? date(+day, +month, +year) : undefined),
    ],
    // 12/24/2026
    [
      regex(String.raw`${EDGE}(\d{1,2})/(\d{1,2})/(\d{4})(?![\d/])`),
      ([, first, second, year]) => {
        const dayFirst = +first > 12 || (+second <= 12 && language.dayFirst(tag));
        const [day, month] = dayFirst ? [+first, +second] : [+second, +first];
        return isDate(day, month) ? date(day, month, +year) : undefined;
      },
    ],
    // 30.11.2026
    [
      regex(String.raw`${EDGE}(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})(?![\d.]*\d)`),
      ([, day, month, year]) => (isDate(+day, +month) ? date(+day, +month, +year) : undefined),
    ],
    // 10:30; the voices read 10:30:15 as they like
    [
      regex(String.raw`${EDGE}([01]?\d|2[0-4]):([0-5]\d)(?![\d:])`),
      ([, hour, minute]) => clock(+hour, +minute),
    ],
    // 1.2.3, but not a date
    [
      regex(String.raw`(?<![\p{L}\p{N}.,])([vV]\.?\s?)?(\d+(?:\.\d+){2,3})(?![\p{N}.]*\p{N})`),
      ([, version, numbers]) =>
        // 1.000.000 is a number.
        !version && /^\d{1,3}(?:\.\d{3})+$/.test(numbers)
          ? undefined
          : `${version ? `${language.version} ` : ''}${numbers.split('.').join(` ${point} `)}`,
    ],
    [
      regex(`${EDGE}([-−]?(?:${NUMBER}))\\s?${names}${END}(?!\\s?/)`),
      ([, number, unit]) => {
        const [one, others = one] = units[unit];
        return `${number.replace('−', '-')} ${/^-?1$/.test(number) ? one : others}`;
      },
    ],
    // A number that is written with its sign of percent.
    [regex(`${EDGE}([-−]?(?:${NUMBER}))\\s?%`), ([, number]) => percent(number)],
    [
      regex(String.raw`${EDGE}(?:(\d+)\s)?([1-9])/([2-9]|10)(?![\p{L}\p{N}/])`),
      ([, whole, above, below]) => {
        const part = +above < +below ? fraction(+above, +below) : undefined;
        return part === undefined ? undefined : mixedNumber(whole, part);
      },
    ],
    [
      regex('(\\d*)([½⅓⅔¼¾⅕⅛])'),
      ([, whole, sign]) => {
        const [above, below] = sign.normalize('NFKC').split('⁄').map(Number);
        const part = fraction(above, below);
        return part && mixedNumber(whole, part);
      },
    ],
    // Telephone numbers: digit by digit, with a rest between groups.
    [
      regex(
        String.raw`(?<![\p{L}\p{N}.,/])(\+|00)?(\(?\d{1,5}\)?(?:[ \u00a0/-]\(?\d+\)?){1,6})(?![\p{L}\p{N}/])`,
      ),
      ([whole, prefix, groups]) => {
        const count = groups.replace(/\D/g, '').length;
        const isPhone =
          (prefix === '+' && count >= 7) ||
          (/^(?:0|\(|00)/.test(whole) && count >= 7) ||
          /^\d{3}-(?:\d{3}-)?\d{4}$/.test(whole);
        if (!isPhone || count > 15) return undefined;
        const spoken = groups
          .split(/[^\d]+/)
          .filter(Boolean)
          .map((group) => [...group].join(' '));
        return `${prefix === '+' ? `${language.plus} ` : ''}${prefix === '00' ? '0 0, ' : ''}${spoken.join(', ')}`;
      },
    ],
  ];
}

/** Applies rules in their order; where two overlap the earlier rule counts. */
export function applyRules(text: string, rules: readonly Rule[]): Replacement[] {
  const found: Replacement[] = [];
  for (const [pattern, speak] of rules) {
    for (const match of text.matchAll(pattern)) {
      const [whole] = match;
      const [start, end] = [match.index, match.index + whole.length];
      if (found.some((one) => start < one.end && end > one.start)) continue;
      const spoken = speak(match);
      if (spoken !== undefined && spoken !== whole) found.push({ start, end, spoken });
    }
  }
  return found;
}

/** Name of a month, from 1. */
export function monthName(tag: string, month: number): string {
  const format = new Intl.DateTimeFormat(tag, { month: 'long', day: 'numeric', timeZone: 'UTC' });
  const parts = format.formatToParts(new Date(Date.UTC(2026, month - 1, 1)));
  return parts.find(({ type }) => type === 'month')?.value ?? String(month);
}

/** Abbreviations as rules: what is written, with its stop, and what is spoken. */
export function abbreviations(list: Readonly<Record<string, string>>): Rule[] {
  return Object.entries(list).map(([written, spoken]) => {
    const source = written.replace(/[.]/g, '\\.').replace(/ /g, '\\s?');
    const tail = written.endsWith('.') ? '' : '(?![\\p{L}\\p{N}.])';
    return [regex(`(?<![\\p{L}\\p{N}.])${source}${tail}`), () => spoken] as Rule;
  });
}

/** Money in languages that say "5 dollars 20"; `names` of one, of others, of one cent, of cents. */
export function western(
  names: Readonly<Record<Amount['currency'], readonly [string, string, string, string]>>,
  scales: Readonly<Record<NonNullable<Amount['scale']>, readonly [one: string, others: string]>>,
  { point = '.', of = '', and = '' }: { point?: string; of?: string; and?: string } = {},
): Language['money'] {
  return ({ currency, whole, decimals, cents, scale }) => {
    const [one, others, cent, centsName] = names[currency];
    if (scale) {
      const [single, many] = scales[scale];
      const number = decimals ? `${whole}${point}${decimals}` : whole;
      return `${number} ${number === '1' ? single : many}${of} ${others}`.replace(' d’ ', ' d’');
    }
    const unit = whole === '1' ? one : others;
    if (!cents) return `${whole} ${unit}`;
    if (Number(whole) === 0) return `${cents} ${cents === 1 ? cent : centsName}`;
    return `${whole} ${unit} ${and}${cents}`;
  };
}

const DIGITS: Readonly<Record<string, number>> = { I: 1, V: 5, X: 10, L: 50, C: 100 };

/** The value of a Roman numeral; undefined where it is none. */
export function roman(text: string): number | undefined {
  if (!/^(?:C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})$/.test(text) || text === '')
    return undefined;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const [own, next] = [DIGITS[text.charAt(i)], DIGITS[text.charAt(i + 1)] ?? 0];
    value += own < next ? -own : own;
  }
  return value;
}
