/** French. */
import {
  abbreviations,
  monthName,
  regex,
  roman,
  western,
  type Language,
  type Rule,
} from './language';

const CARDINALS =
  'zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf vingt vingt-et-un'.split(
    ' ',
  );

/** Ordinals of centuries and districts; feminine only of one. */
function ordinal(value: number, isFeminine = false): string | undefined {
  if (value === 1) return isFeminine ? 'première' : 'premier';
  const word = CARDINALS[value];
  if (word === undefined) return undefined;
  return `${word.replace(/e$/, '').replace(/cinq$/, 'cinqu').replace(/neuf$/, 'neuv')}ième`;
}

function clock(hour: number, minute: number): string {
  return `${hour} heure${hour > 1 ? 's' : ''}${minute ? ` ${minute}` : ''}`;
}

const rules: Rule[] = [
  [
    regex('(?<![\\p{L}\\p{N}.,:])([01]?\\d|2[0-4])\\s?[hH]\\s?([0-5]\\d)?(?![\\p{L}\\p{N}])'),
    ([, hour, minute]) => clock(+hour, Number(minute ?? 0)),
  ],
  [
    regex('(?<![\\p{L}\\p{N}])([IVX]{1,5})(?:e|ème|ᵉ)(?![\\p{L}\\p{N}])'),
    ([, numeral]) => ordinal(roman(numeral) ?? 0),
  ],
  [
    regex('(?<![\\p{L}\\p{N}])(1)(er|re|ère)(?![\\p{L}\\p{N}])'),
    ([, , ending]) => ordinal(1, ending !== 'er'),
  ],
  [
    regex('(?<![\\p{L}\\p{N}])(\\d{1,2})(?:e|ème)(?![\\p{L}\\p{N}])'),
    ([, number]) => ordinal(+number),
  ],
  // Louis XIV, François Ier
  [regex('(?<=\\p{Lu}\\p{Ll}{2,} )(?:Ier|I)(?![\\p{L}\\p{N}])'), () => 'premier'],
  [
    regex('(?<=\\p{Lu}\\p{Ll}{2,} )([IVX]{2,6})(?![\\p{L}\\p{N}])'),
    ([, numeral]) => {
      const value = roman(numeral);
      return value === undefined ? undefined : (CARDINALS[value] ?? String(value));
    },
  ],
  [regex('(?<!\\p{L})[Nn](?:°|º|o\\.)\\s?(?=\\d)'), () => 'numéro '],
  [regex('(?<!\\p{L})[Nn]o\\s(?=\\d)'), () => 'numéro '],
  [regex('(?<!\\p{L})M\\.(?=\\s\\p{Lu})'), () => 'Monsieur'],
  [regex('(?<!\\p{L})MM\\.(?=\\s\\p{Lu})'), () => 'Messieurs'],
  [
    regex('(?<!\\p{L})(Mme|Mlle|Mmes|Dr|Pr|Me|Ste|St)\\.?(?=[\\s-]\\p{Lu})'),
    ([, title]) => TITLES[title],
  ],
  [regex('(?<!\\p{L})av\\.\\s?J\\.-C\\.'), () => 'avant Jésus-Christ'],
  [regex('(?<!\\p{L})apr\\.\\s?J\\.-C\\.'), () => 'après Jésus-Christ'],
  ...abbreviations({
    ...{
      'p. ex.': 'par exemple',
      'c.-à-d.': "c'est-à-dire",
      'bd.': 'boulevard',
      'Bd.': 'boulevard',
    },
    ...{
      'av.': 'avenue',
      'Av.': 'Avenue',
      'env.': 'environ',
      'tél.': 'téléphone',
      'etc.': 'et cetera',
    },
    ...{
      'janv.': 'janvier',
      'févr.': 'février',
      'sept.': 'septembre',
      'oct.': 'octobre',
      'nov.': 'novembre',
    },
    ...{ 'déc.': 'décembre', 'éd.': 'édition', 'vol.': 'volume', 'chap.': 'chapitre' },
  }),
];

const TITLES: Readonly<Record<string, string>> = {
  ...{ Mme: 'Madame', Mlle: 'Mademoiselle', Mmes: 'Mesdames', Dr: 'Docteur', Pr: 'Professeur' },
  ...{ Me: 'Maître', Ste: 'Sainte', St: 'Saint' },
};

const BELOW: Readonly<Record<number, string>> = { 2: 'demi', 3: 'tiers', 4: 'quart' };

export const french: Language = {
  rules,
  money: western(
    {
      USD: ['dollar', 'dollars', 'centime', 'centimes'],
      EUR: ['euro', 'euros', 'centime', 'centimes'],
      GBP: ['livre', 'livres', 'penny', 'pence'],
      JPY: ['yen', 'yens', 'sen', 'sens'],
      INR: ['roupie', 'roupies', 'paisa', 'paisas'],
    },
    {
      thousand: ['mille', 'mille'],
      million: ['million', 'millions'],
      billion: ['milliard', 'milliards'],
      trillion: ['billion', 'billions'],
    },
    { point: ',', of: ' d’' },
  ),
  date: (day, month, of) =>
    `${day === 1 ? 'premier' : day} ${monthName('fr', month)}${of === undefined ? '' : ` ${of}`}`,
  dayFirst: () => true,
  clock,
  units: {
    ...{
      'km/h': ['kilomètre heure', 'kilomètres heure'],
      'm/s': ['mètre par seconde', 'mètres par seconde'],
    },
    ...{
      kg: ['kilogramme', 'kilogrammes'],
      g: ['gramme', 'grammes'],
      mg: ['milligramme', 'milligrammes'],
    },
    ...{
      km: ['kilomètre', 'kilomètres'],
      m: ['mètre', 'mètres'],
      cm: ['centimètre', 'centimètres'],
    },
    ...{
      mm: ['millimètre', 'millimètres'],
      l: ['litre', 'litres'],
      ml: ['millilitre', 'millilitres'],
    },
    ...{
      '°C': ['degré Celsius', 'degrés Celsius'],
      '°': ['degré', 'degrés'],
      kWh: ['kilowattheure', 'kilowattheures'],
    },
    ...{
      kW: ['kilowatt', 'kilowatts'],
      W: ['watt', 'watts'],
      dB: ['décibel', 'décibels'],
      Hz: ['hertz'],
    },
    ...{
      kHz: ['kilohertz'],
      MHz: ['mégahertz'],
      GHz: ['gigahertz'],
      Mo: ['mégaoctet', 'mégaoctets'],
    },
    ...{
      Go: ['gigaoctet', 'gigaoctets'],
      'm²': ['mètre carré', 'mètres carrés'],
      'm³': ['mètre cube', 'mètres cubes'],
    },
    ...{ min: ['minute', 'minutes'], s: ['seconde', 'secondes'] },
  },
  fraction: (above, below) => {
    const part = BELOW[below] ?? ordinal(below);
    return `${CARDINALS[above]} ${part}${above > 1 && below !== 3 ? 's' : ''}`;
  },
  point: 'point',
  version: 'version',
  percent: (number) => `${number} pour cent`,
  always: 'vingt-quatre heures sur vingt-quatre, sept jours sur sept',
  plus: 'plus',
  and: 'et',
};
