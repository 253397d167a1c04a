/** Japanese, Chinese and Arabic: the signs become the words of the language, digits stay digits. */
import {
  abbreviations,
  regex,
  type Amount,
  type Language,
  type Rule,
  type Units,
} from './language';

type Names = Readonly<Record<Amount['currency'], string>>;

/** `after` the number stands the currency; hundredths as decimals. */
function after(
  names: Names,
  scales: Readonly<Record<NonNullable<Amount['scale']>, (number: string) => string>>,
  space = '',
): Language['money'] {
  return ({ currency, whole, decimals, scale }) => {
    const number =
      decimals && Number(decimals) > 0 ? `${whole}.${decimals.replace(/0+$/, '')}` : whole;
    return `${scale ? scales[scale](number) : number}${space}${names[currency]}`;
  };
}

/** A number times a power of ten in units of ten thousand, as East Asian languages count. */
function tenThousands(power: number, [man, oku, cho]: readonly [string, string, string]) {
  return (number: string): string => {
    const value = Number(number) * 10 ** power;
    if (value >= 1e12) return `${value / 1e12}${cho}`;
    if (value >= 1e8) return `${value / 1e8}${oku}`;
    return value >= 1e4 ? `${value / 1e4}${man}` : String(value);
  };
}

const scalesOf = (names: readonly [string, string, string]) => ({
  thousand: tenThousands(3, names),
  million: tenThousands(6, names),
  billion: tenThousands(9, names),
  trillion: tenThousands(12, names),
});

const one = (names: Readonly<Record<string, string>>): Units =>
  Object.fromEntries(Object.entries(names).map(([unit, name]) => [unit, [name] as const]));

const japaneseRules: Rule[] = [
  [regex('(?<![\\p{Script=Latin}])[Nn]o\\.\\s?(\\d+)'), ([, number]) => `ナンバー${number}`],
  [regex('(?<=\\p{Script=Katakana})([IVX]{1,4})世'), () => undefined],
  [regex('(?<![\\p{L}\\p{N}])(\\d{3}0)s(?![\\p{L}\\p{N}])'), ([, tens]) => `${tens}年代`],
];

export const japanese: Language = {
  rules: japaneseRules,
  money: after(
    { USD: 'ドル', EUR: 'ユーロ', GBP: 'ポンド', JPY: '円', INR: 'ルピー' },
    scalesOf(['万', '億', '兆']),
  ),
  date: (day, month, year) => `${year === undefined ? '' : `${year}年`}${month}月${day}日`,
  dayFirst: () => false,
  clock: (hour, minute) => `${hour}時${minute ? `${minute}分` : ''}`,
  units: one({
    ...{
      'km/h': 'キロメートル毎時',
      'm/s': 'メートル毎秒',
      kg: 'キログラム',
      g: 'グラム',
      mg: 'ミリグラム',
    },
    ...{
      km: 'キロメートル',
      m: 'メートル',
      cm: 'センチメートル',
      mm: 'ミリメートル',
      l: 'リットル',
    },
    ...{
      ml: 'ミリリットル',
      '°C': '度',
      '℃': '度',
      '°': '度',
      kWh: 'キロワット時',
      W: 'ワット',
      GB: 'ギガバイト',
    },
    ...{
      MB: 'メガバイト',
      Hz: 'ヘルツ',
      dB: 'デシベル',
      'm²': '平方メートル',
      '㎡': '平方メートル',
    },
  }),
  fraction: (above, below) => `${below}分の${above}`,
  point: '点',
  version: 'バージョン',
  percent: (number) => `${number}パーセント`,
  always: '24時間年中無休',
  plus: 'プラス',
  and: 'と',
};

const HAN_DIGITS = '〇一二三四五六七八九';

const chineseRules: Rule[] = [
  // Years are read digit by digit.
  [regex('(?<!\\d)(\\d{4})(?=年)'), ([, year]) => hanYear(Number(year))],
  [regex('(?<![\\p{Script=Latin}])[Nn]o\\.\\s?(\\d+)'), ([, number]) => `${number}号`],
  [
    regex('(?<![\\p{L}\\p{N}])(\\d{3}0)s(?![\\p{L}\\p{N}])'),
    ([, tens]) => `${hanYear(Number(tens))}年代`,
  ],
];

function hanYear(year: number): string {
  return [...String(year)].map((digit) => HAN_DIGITS.charAt(Number(digit))).join('');
}

export const chinese: Language = {
  rules: chineseRules,
  money: after(
    { USD: '美元', EUR: '欧元', GBP: '英镑', JPY: '元', INR: '卢比' },
    scalesOf(['万', '亿', '万亿']),
  ),
  date: (day, month, year) => `${year === undefined ? '' : `${hanYear(year)}年`}${month}月${day}日`,
  dayFirst: () => false,
  clock: (hour, minute) => `${hour}点${minute ? `${minute}分` : ''}`,
  units: one({
    ...{
      'km/h': '公里每小时',
      'm/s': '米每秒',
      kg: '公斤',
      g: '克',
      mg: '毫克',
      km: '公里',
      m: '米',
    },
    ...{ cm: '厘米', mm: '毫米', l: '升', ml: '毫升', '°C': '摄氏度', '℃': '摄氏度', '°': '度' },
    ...{
      kWh: '千瓦时',
      W: '瓦',
      GB: '吉字节',
      MB: '兆字节',
      Hz: '赫兹',
      dB: '分贝',
      'm²': '平方米',
      '㎡': '平方米',
    },
  }),
  fraction: (above, below) => `${below}分之${above}`,
  point: '点',
  version: '版本',
  percent: (number) => `百分之${number}`,
  always: '全天候',
  plus: '加',
  and: '又',
};

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
