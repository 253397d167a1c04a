/** English. */
import {
  abbreviations,
  monthName,
  regex,
  roman,
  western,
  type Language,
  type Rule,
} from './language';

const SMALL =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const ORDINALS: Readonly<Record<string, string>> = {
  ...{ one: 'first', two: 'second', three: 'third', five: 'fifth', eight: 'eighth', nine: 'ninth' },
  twelve: 'twelfth',
};

/** A number below 100 in words. */
function cardinal(value: number): string {
  if (value < 20) return SMALL[value] ?? String(value);
  const ten = TENS[Math.floor(value / 10) - 2];
  return value % 10 === 0 ? ten : `${ten} ${SMALL[value % 10]}`;
}

function ordinal(value: number): string {
  const words = cardinal(value).split(' ');
  const last = words.pop() ?? '';
  const ending = ORDINALS[last] ?? (last.endsWith('y') ? `${last.slice(0, -1)}ieth` : `${last}th`);
  return [...words, ending].join(' ');
}

/** As years are read: nineteen ninety nine. */
function year(value: number): string {
  const [century, rest] = [Math.floor(value / 100), value % 100];
  if (value < 1100 || value > 2099 || (century === 20 && rest < 10)) return String(value);
  if (rest === 0) return `${cardinal(century)} hundred`;
  return `${cardinal(century)} ${rest < 10 ? `oh ${cardinal(rest)}` : cardinal(rest)}`;
}

function decade(value: number): string {
  const century = Math.floor(value / 100);
  const ten = value % 100;
  const before = value < 100 ? '' : century === 20 ? 'twenty ' : `${cardinal(century)} `;
  if (ten === 0) return value === 2000 ? 'two thousands' : `${before}hundreds`;
  return before + (ten === 10 ? 'tens' : TENS[ten / 10 - 2].replace(/y$/, 'ies'));
}

const MONTHS =
  'January|February|March|April|May|June|July|August|September|October|November|December|Jan\\.?|Feb\\.?|Mar\\.?|Apr\\.?|Jun\\.?|Jul\\.?|Aug\\.?|Sept?\\.?|Oct\\.?|Nov\\.?|Dec\\.?';
const ofMonth = (name: string): string => {
  const month = 'janfebmaraprmayjunjulaugsepoctnovdec'.indexOf(name.slice(0, 3).toLowerCase()) / 3;
  return monthName('en', month + 1);
};
const RULERS =
  'Henry|Louis|Elizabeth|Charles|George|Edward|James|William|Mary|Paul|Pius|Benedict|Alexander|Catherine|Peter|Nicholas|Philip|Richard|Frederick|Wilhelm|Leo|Gregory|Innocent|Clement|Francis|Ferdinand|Otto|Napoleon|Ramesses|Ramses|Darius|Xerxes|Ptolemy|Gustav|Christian|Haakon|Harald|Carl|Constantine|Justinian|Theodosius|Boniface|Urban|Sixtus|Julius|Ivan|Umberto|Victor Emmanuel|Juan Carlos|Felipe|Margrethe|Rama';
const NUMBERED =
  'War|Wars|Chapter|Part|Act|Scene|Volume|Vol\\.|Book|Type|Phase|Super Bowl|Grade|Class|Title|Article|Section|Level|Stage|Appendix|Final Fantasy|Rocky|Apollo|Vatican|Episode|Schedule|Table|Figure|Mark|Division|Category|Factor';

const rules: Rule[] = [
  // November 30, 2026 and 30 November 2026
  [
    regex(`(?<!\\p{L})(${MONTHS}) (\\d{1,2})(?:st|nd|rd|th)?(?:,? (\\d{4}))?(?![\\p{L}\\p{N}:])`),
    ([, month, day, of]) =>
      +day >= 1 && +day <= 31
        ? `${ofMonth(month)} ${ordinal(+day)}${of ? `, ${year(+of)}` : ''}`
        : `${ofMonth(month)} ${year(+day)}`,
  ],
  [
    regex(
      `(?<![\\p{N}.,])(\\d{1,2})(?:st|nd|rd|th)? (${MONTHS})(?:,? (\\d{4}))?(?![\\p{L}\\p{N}])`,
    ),
    ([, day, month, of]) =>
      +day >= 1 && +day <= 31
        ? `the ${ordinal(+day)} of ${ofMonth(month)}${of ? `, ${year(+of)}` : ''}`
        : undefined,
  ],
  [
    regex(`(?<!\\p{L})(${MONTHS}) (\\d{4})(?![\\p{L}\\p{N}])`),
    ([, month, of]) => `${ofMonth(month)} ${year(+of)}`,
  ],
  // 10:00 a.m.
  [
    regex(
      '(?<![\\p{L}\\p{N}:.])(1[0-2]|0?[1-9])(?::([0-5]\\d))?\\s?([aApP])\\.?\\s?[mM](?:\\.(?=\\s\\p{Ll}|,)|(?![\\p{L}\\p{N}]))',
    ),
    ([, hour, minute, half]) => {
      const m = Number(minute ?? 0);
      const minutes = m === 0 ? '' : ` ${m < 10 ? `oh ${cardinal(m)}` : cardinal(m)}`;
      return `${cardinal(+hour)}${minutes} ${half.toUpperCase()} M`;
    },
  ],
  // 1990s, '90s
  [
    regex("(?<![\\p{L}\\p{N}])(\\d{3}0)['’]?s(?![\\p{L}\\p{N}])"),
    ([, tens]) => (+tens >= 1100 && +tens < 2100 ? decade(+tens) : undefined),
  ],
  [regex("['‘’](\\d0)s(?![\\p{L}\\p{N}])"), ([, tens]) => decade(+tens)],
  // 1999–2005
  [
    regex(
      '(?<![\\p{L}\\p{N}.,/-])(1[1-9]\\d\\d|20\\d\\d)\\s?[–-]\\s?(1[1-9]\\d\\d|20\\d\\d)(?![\\p{L}\\p{N}/-])',
    ),
    ([, from, to]) => `${year(+from)} to ${year(+to)}`,
  ],
  [
    regex(
      '(?<![\\p{L}\\p{N}.,:/$€£¥#-])(1[1-9]\\d\\d|20[1-9]\\d)(?![\\p{L}\\p{N}%/-]|[.,:]\\d|\\s?(?:%|[a-z]{1,3}\\b(?<!\\s(?:a|an|and|as|at|by|he|if|in|is|it|its|my|no|of|on|or|so|to|up|us|we|the|was|but|had|has|her|his|not|our|she|they|who|you|for))|people|[a-z]{4,}s\\b))',
    ),
    ([, value]) => year(+value),
  ],
  // World War II, Henry VIII
  [
    regex(`(?<=(?<!\\p{L})(?:${RULERS}) )([IVXL]{1,6})(?![\\p{L}\\p{N}])`),
    ([, numeral]) => {
      const value = roman(numeral);
      return value === undefined ? undefined : `the ${ordinal(value)}`;
    },
  ],
  [
    regex(`(?<=(?<!\\p{L})(?:${NUMBERED}) )([IVXLC]{1,7})(?![\\p{L}\\p{N}])`),
    ([, numeral]) => {
      const value = roman(numeral);
      return value === undefined || value > 99 ? undefined : cardinal(value);
    },
  ],
  [regex('(?<!\\p{L})(?:No|no|Nr|№)\\.?\\s?(?=\\d)'), () => 'number '],
  [regex('(?<!\\p{L})(?:Nos|nos)\\.\\s?(?=\\d)'), () => 'numbers '],
  [regex('(?<!\\p{L})#(?=\\d{1,4}(?!\\p{L}|\\p{N}))'), () => 'number '],
  [regex('(?<!\\p{L})St\\.(?=\\s\\p{Lu}\\p{Ll})'), () => 'Saint'],
  ...abbreviations({
    ...{ 'Dr.': 'Doctor', 'Mr.': 'Mister', 'Mrs.': 'Missus', 'Ms.': 'Miz', 'Prof.': 'Professor' },
    ...{ 'Capt.': 'Captain', 'Lt.': 'Lieutenant', 'Col.': 'Colonel', 'Sgt.': 'Sergeant' },
    ...{ 'Gov.': 'Governor', 'Sen.': 'Senator', 'Rep.': 'Representative', 'Rev.': 'Reverend' },
    ...{ 'e.g.': 'for example', 'i.e.': 'that is', 'vs.': 'versus', 'approx.': 'approximately' },
    ...{ 'Fig.': 'Figure', 'fig.': 'figure', 'Vol.': 'Volume', 'pp.': 'pages', 'Jr.': 'Junior' },
    ...{ 'Sr.': 'Senior', 'Ltd.': 'Limited', 'Inc.': 'Incorporated', 'w/o': 'without' },
  }),
];

const BELOW = 'half third quarter fifth sixth seventh eighth ninth tenth'.split(' ');

export const english: Language = {
  rules,
  money: western(
    {
      USD: ['dollar', 'dollars', 'cent', 'cents'],
      EUR: ['euro', 'euros', 'cent', 'cents'],
      GBP: ['pound', 'pounds', 'penny', 'pence'],
      JPY: ['yen', 'yen', 'sen', 'sen'],
      INR: ['rupee', 'rupees', 'paisa', 'paise'],
    },
    {
      thousand: ['thousand', 'thousand'],
      million: ['million', 'million'],
      billion: ['billion', 'billion'],
      trillion: ['trillion', 'trillion'],
    },
  ),
  date: (day, month, of) =>
    `${monthName('en', month)} ${ordinal(day)}${of === undefined ? '' : `, ${year(of)}`}`,
  dayFirst: (tag) => /^en-(?!US|CA|PH)[A-Z]{2}/i.test(tag),
  clock: (hour, minute) => {
    if (minute === 0)
      return hour > 12 || hour === 0 ? `${cardinal(hour)} hundred` : `${cardinal(hour)} o'clock`;
    return `${cardinal(hour)} ${minute < 10 ? `oh ${cardinal(minute)}` : cardinal(minute)}`;
  },
  units: {
    ...{
      'km/h': ['kilometer per hour', 'kilometers per hour'],
      mph: ['mile per hour', 'miles per hour'],
    },
    ...{
      'm/s': ['meter per second', 'meters per second'],
      kg: ['kilogram', 'kilograms'],
      g: ['gram', 'grams'],
    },
    ...{ mg: ['milligram', 'milligrams'], km: ['kilometer', 'kilometers'], m: ['meter', 'meters'] },
    ...{
      cm: ['centimeter', 'centimeters'],
      mm: ['millimeter', 'millimeters'],
      l: ['liter', 'liters'],
    },
    ...{ ml: ['milliliter', 'milliliters'], lb: ['pound', 'pounds'], lbs: ['pound', 'pounds'] },
    ...{
      oz: ['ounce', 'ounces'],
      ft: ['foot', 'feet'],
      '°C': ['degree Celsius', 'degrees Celsius'],
    },
    ...{ '°F': ['degree Fahrenheit', 'degrees Fahrenheit'], '°': ['degree', 'degrees'] },
    ...{
      kWh: ['kilowatt hour', 'kilowatt hours'],
      kW: ['kilowatt', 'kilowatts'],
      W: ['watt', 'watts'],
    },
    ...{
      MHz: ['megahertz'],
      GHz: ['gigahertz'],
      kHz: ['kilohertz'],
      Hz: ['hertz'],
      dB: ['decibel', 'decibels'],
    },
    ...{
      KB: ['kilobyte', 'kilobytes'],
      MB: ['megabyte', 'megabytes'],
      GB: ['gigabyte', 'gigabytes'],
    },
    ...{ TB: ['terabyte', 'terabytes'], 'm²': ['square meter', 'square meters'] },
    ...{ 'km²': ['square kilometer', 'square kilometers'], 'm³': ['cubic meter', 'cubic meters'] },
    ...{
      min: ['minute', 'minutes'],
      ms: ['millisecond', 'milliseconds'],
      s: ['second', 'seconds'],
    },
  },
  fraction: (above, below) => {
    const part = BELOW[below - 2];
    if (above === 1) return below === 2 ? 'one half' : `one ${part}`;
    return `${cardinal(above)} ${part}s`;
  },
  point: 'point',
  version: 'version',
  percent: (number) => `${number} percent`,
  always: 'twenty four seven',
  plus: 'plus',
  and: 'and',
};
