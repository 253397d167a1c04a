/** German. */
import {
  abbreviations,
  monthName,
  regex,
  roman,
  western,
  type Language,
  type Rule,
} from './language';

const STEMS =
  'erst zweit dritt viert fünft sechst siebt acht neunt zehnt elft zwölft dreizehnt vierzehnt fünfzehnt sechzehnt siebzehnt achtzehnt neunzehnt'.split(
    ' ',
  );
const UNITS = ' ein zwei drei vier fünf sechs sieben acht neun'.split(' ');
const TENS = 'zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig'.split(' ');

/** The stem of an ordinal below 100: `erst`, `zwanzigst`. */
function stem(value: number): string {
  if (value < 20) return STEMS[value - 1] ?? `${value}t`;
  const ten = TENS[Math.floor(value / 10) - 2];
  return value % 10 === 0 ? `${ten}st` : `${UNITS[value % 10]}und${ten}st`;
}

/** Years from 1100 to 1999 are read in hundreds. */
function year(value: number): string {
  if (value < 1100 || value > 1999) return String(value);
  const rest = value % 100;
  return `${Math.floor(value / 100)} hundert${rest ? ` ${rest}` : ''}`;
}

/** "der erste" and "das erste", but "am ersten", "die ersten" only where the word after is plural. */
const WEAK = /^(?:der|die|das|diese|dieser|dieses|jede|jeder|jedes)$/i;
const BEFORE =
  '(?:[Dd](?:er|ie|as|en|em|es)|[Aa]m|[Ii]m|[Vv]om|[Zz]um|[Zz]ur|[Bb]eim|[Aa]b|[Bb]is|[Ss]eit|[Ii]ns|[Dd]iese[rnms]?|[Jj]ede[rnms]?)';
const CENTURY = '(?:Jahrhunderts?|Jh\\.?|Jhd\\.?)';
const MONTHS =
  '(?:Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember)';

const rules: Rule[] = [
  // am 30.11.2026
  [
    regex(`(?<=(?<!\\p{L})(${BEFORE}) )([0-3]?\\d)\\.\\s?([01]?\\d)\\.\\s?(\\d{4})(?![\\d.]*\\d)`),
    ([, before, day, month, of]) =>
      +day >= 1 && +day <= 31 && +month >= 1 && +month <= 12
        ? `${stem(+day)}${WEAK.test(before) ? 'e' : 'en'} ${monthName('de', +month)} ${year(+of)}`
        : undefined,
  ],
  // am 3. Oktober 1990, der 1. FC Köln, im 19. Jh.
  [
    regex(`(?<=(?<!\\p{L})(${BEFORE}) )([1-9]\\d?)\\.(?= \\p{L})`),
    ([, before, number]) => `${stem(+number)}${WEAK.test(before) ? 'e' : 'en'}`,
  ],
  [
    regex(`(?<![\\p{L}\\p{N}.,])([1-9]\\d?)\\.(?= ${MONTHS}(?!\\p{L}))`),
    ([, day]) => `${stem(+day)}er`,
  ],
  [
    regex(`(?<![\\p{L}\\p{N}.,])([1-9]\\d?)\\.(?= ${CENTURY})`),
    ([, number]) => `${stem(+number)}es`,
  ],
  [regex('(?<!\\p{L})(?:Jh|Jhd)\\.'), () => 'Jahrhundert'],
  [
    regex(`(?<=(?<!\\p{L})(?:${BEFORE}) )([IVX]{1,5})\\.(?= \\p{L})`),
    ([, numeral]) => {
      const value = roman(numeral);
      return value === undefined ? undefined : `${stem(value)}e`;
    },
  ],
  // Heinrich VIII.
  [
    regex('(?<=\\p{Lu}\\p{Ll}{2,} )([IVX]{1,5})\\.(?= |$)'),
    ([, numeral]) => {
      const value = roman(numeral);
      return value === undefined
        ? undefined
        : `der ${stem(value).replace(/^./, (c) => c.toUpperCase())}e`;
    },
  ],
  // 10:00 Uhr
  [
    regex('(?<![\\p{L}\\p{N}.:,])([01]?\\d|2[0-4])[:.]([0-5]\\d) ?Uhr(?!\\p{L})'),
    ([, hour, minute]) => clock(+hour, +minute),
  ],
  [
    regex('(?<![\\p{L}\\p{N}])(\\d{1,4}0)er(?:[- ]?Jahren?)?(?![\\p{L}\\p{N}])'),
    ([whole, tens]) =>
      +tens >= 1100 && +tens < 2000
        ? whole.replace(tens, `${year(+tens)} `).replace(/ er/, 'er')
        : undefined,
  ],
  [
    regex(
      '(?<![\\p{L}\\p{N}.,:/$€£¥#-])(1[1-9]\\d\\d)\\s?[–-]\\s?(1[1-9]\\d\\d|20\\d\\d)(?![\\p{L}\\p{N}/-])',
    ),
    ([, from, to]) => `${year(+from)} bis ${year(+to)}`,
  ],
  [
    regex(
      '(?<![\\p{L}\\p{N}.,:/$€£¥#-])(1[1-9]\\d\\d)(?![\\p{L}\\p{N}%/-]|[.,:]\\d|\\s?(?:%|€|Euro|Menschen|Meter|Stück|km|m|kg|g)(?!\\p{L}))',
    ),
    ([, value]) => year(+value),
  ],
  [regex('(?<!\\p{L})(?:Nr|No|№)\\.?\\s?(?=\\d)'), () => 'Nummer '],
  [regex('(?<=\\p{Ll})str\\.(?= |$|,)'), () => 'straße'],
  [regex('(?<!\\p{L})St\\.(?=\\s\\p{Lu}\\p{Ll})'), () => 'Sankt'],
  [regex('§§?\\s?(?=\\d)'), () => 'Paragraf '],
  ...abbreviations({
    ...{
      'z. B.': 'zum Beispiel',
      'd. h.': 'das heißt',
      'u. a.': 'unter anderem',
      'z. T.': 'zum Teil',
    },
    ...{
      'i. d. R.': 'in der Regel',
      'o. ä.': 'oder ähnlich',
      'u. U.': 'unter Umständen',
      'v. a.': 'vor allem',
    },
    ...{
      'n. Chr.': 'nach Christus',
      'v. Chr.': 'vor Christus',
      's. o.': 'siehe oben',
      's. u.': 'siehe unten',
    },
    ...{ 'usw.': 'und so weiter', 'bzw.': 'beziehungsweise', 'ca.': 'zirka', 'evtl.': 'eventuell' },
    ...{
      'ggf.': 'gegebenenfalls',
      'inkl.': 'inklusive',
      'vgl.': 'vergleiche',
      'sog.': 'sogenannt',
    },
    ...{ 'Dr.': 'Doktor', 'med.': 'medizinae', 'Prof.': 'Professor', 'Hr.': 'Herr', 'Fr.': 'Frau' },
    ...{ 'Str.': 'Straße', 'Hbf.': 'Hauptbahnhof', 'Mio.': 'Millionen', 'Mrd.': 'Milliarden' },
    ...{
      'Tel.': 'Telefon',
      'Abb.': 'Abbildung',
      'Bd.': 'Band',
      'Kap.': 'Kapitel',
      'Abs.': 'Absatz',
    },
    ...{
      'Jan.': 'Januar',
      'Feb.': 'Februar',
      'Okt.': 'Oktober',
      'Dez.': 'Dezember',
      'max.': 'maximal',
    },
  }),
];

function clock(hour: number, minute: number): string {
  return `${hour} Uhr${minute ? ` ${minute}` : ''}`;
}

const PARTS = [
  '',
  '',
  '',
  'drittel',
  'viertel',
  'fünftel',
  'sechstel',
  'siebtel',
  'achtel',
  'neuntel',
  'zehntel',
];

export const german: Language = {
  rules,
  money: western(
    {
      USD: ['Dollar', 'Dollar', 'Cent', 'Cent'],
      EUR: ['Euro', 'Euro', 'Cent', 'Cent'],
      GBP: ['Pfund', 'Pfund', 'Penny', 'Pence'],
      JPY: ['Yen', 'Yen', 'Sen', 'Sen'],
      INR: ['Rupie', 'Rupien', 'Paisa', 'Paisa'],
    },
    {
      thousand: ['tausend', 'tausend'],
      million: ['Million', 'Millionen'],
      billion: ['Milliarde', 'Milliarden'],
      trillion: ['Billion', 'Billionen'],
    },
    { point: ',' },
  ),
  date: (day, month, of) =>
    `${stem(day)}er ${monthName('de', month)}${of === undefined ? '' : ` ${year(of)}`}`,
  dayFirst: () => true,
  clock,
  units: {
    ...{
      'km/h': ['Kilometer pro Stunde'],
      'm/s': ['Meter pro Sekunde'],
      kg: ['Kilogramm'],
      g: ['Gramm'],
    },
    ...{
      mg: ['Milligramm'],
      km: ['Kilometer'],
      m: ['Meter'],
      cm: ['Zentimeter'],
      mm: ['Millimeter'],
    },
    ...{
      l: ['Liter'],
      ml: ['Milliliter'],
      '°C': ['Grad Celsius'],
      '°F': ['Grad Fahrenheit'],
      '°': ['Grad'],
    },
    ...{
      kWh: ['Kilowattstunde', 'Kilowattstunden'],
      kW: ['Kilowatt'],
      W: ['Watt'],
      dB: ['Dezibel'],
    },
    ...{ MHz: ['Megahertz'], GHz: ['Gigahertz'], kHz: ['Kilohertz'], Hz: ['Hertz'] },
    ...{
      KB: ['Kilobyte'],
      MB: ['Megabyte'],
      GB: ['Gigabyte'],
      TB: ['Terabyte'],
      'm²': ['Quadratmeter'],
    },
    ...{ 'km²': ['Quadratkilometer'], 'm³': ['Kubikmeter'], min: ['Minute', 'Minuten'] },
    ...{ s: ['Sekunde', 'Sekunden'], ms: ['Millisekunde', 'Millisekunden'] },
  },
  fraction: (above, below) => {
    if (below === 2) return above === 1 ? 'ein halb' : undefined;
    return `${above === 1 ? 'ein' : above} ${PARTS[below]}`;
  },
  point: 'Punkt',
  version: 'Version',
  percent: (number) => `${number} Prozent`,
  always: 'rund um die Uhr',
  plus: 'plus',
  and: 'und',
};
