/** Arabic: signs become words, digits stay digits. */
import { one } from './counting';
import { abbreviations, regex, type Language, type Rule } from './language';

const arabicRules: Rule[] = [
  [regex('(?<!\\p{L})رقم\\s?#?(?=\\d)'), () => 'رقم '],
  [regex('(?<!\\p{L})د\\.(?=\\s\\p{L})'), () => 'دكتور'],
  [regex('(?<!\\p{L})أ\\.(?=\\s\\p{L})'), () => 'أستاذ'],
  [regex('(?<=\\d)\\s?٪'), () => ' بالمئة'],
  ...abbreviations({ 'ق.م.': 'قبل الميلاد', 'إلخ.': 'إلى آخره' }),
];

/** Months as the Arab world at large writes them. */
const ARABIC_MONTHS =
  'يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر'.split(' ');

export const arabic: Language = {
  rules: arabicRules,
  money: ({ currency, whole, decimals, cents, scale }) => {
    const names = { USD: 'دولار', EUR: 'يورو', GBP: 'جنيه', JPY: 'ين', INR: 'روبية' };
    const scales = { thousand: 'ألف', million: 'مليون', billion: 'مليار', trillion: 'تريليون' };
    const unit = names[currency];
    if (scale) return `${decimals ? `${whole}.${decimals}` : whole} ${scales[scale]} ${unit}`;
    return `${whole} ${unit}${cents ? ` و ${cents} سنت` : ''}`;
  },
  date: (day, month, year) =>
    `${day} ${ARABIC_MONTHS[month - 1]}${year === undefined ? '' : ` ${year}`}`,
  dayFirst: () => true,
  clock: (hour, minute) => `${hour}${minute ? ` و ${minute} دقيقة` : ''}`,
  units: one({
    ...{
      'km/h': 'كيلومتر في الساعة',
      'كم/س': 'كيلومتر في الساعة',
      kg: 'كيلوغرام',
      كجم: 'كيلوغرام',
      g: 'غرام',
    },
    ...{
      km: 'كيلومتر',
      كم: 'كيلومتر',
      m: 'متر',
      cm: 'سنتيمتر',
      سم: 'سنتيمتر',
      mm: 'مليمتر',
      l: 'لتر',
    },
    ...{ '°C': 'درجة مئوية', '°': 'درجة', GB: 'غيغابايت', MB: 'ميغابايت', 'm²': 'متر مربع' },
  }),
  fraction: (above, below) =>
    above === 1
      ? ['', '', 'نصف', 'ثلث', 'ربع', 'خمس', 'سدس', 'سبع', 'ثمن', 'تسع', 'عشر'][below]
      : `${above} على ${below}`,
  point: 'نقطة',
  version: 'الإصدار',
  percent: (number) => `${number} بالمئة`,
  always: 'على مدار الساعة',
  plus: 'زائد',
  and: 'و',
};
