/** Spanish. */
import {
  abbreviations,
  monthName,
  regex,
  roman,
  western,
  type Language,
  type Rule,
} from './language';

const ORDINALS = ' primero segundo tercero cuarto quinto sexto séptimo octavo noveno décimo'.split(
  ' ',
);

const rules: Rule[] = [
  [
    regex('(?<=(?<!\\p{L})[Ss]iglos? )([IVX]{1,5})(?![\\p{L}\\p{N}])'),
    ([, numeral]) => {
      const value = roman(numeral);
      return value === undefined ? undefined : value === 1 ? 'primero' : String(value);
    },
  ],
  // Felipe VI, Alfonso XIII
  [
    regex('(?<=\\p{Lu}\\p{Ll}{3,} )([IVX]{1,5})(?![\\p{L}\\p{N}])'),
    ([, numeral]) => {
      const value = roman(numeral);
      if (value === undefined) return undefined;
      return ORDINALS[value] ?? String(value);
    },
  ],
  [
    regex('(?<![\\p{L}\\p{N}])(\\d{1,2})\\.?([ºª°])(?![\\p{L}\\p{N}C])'),
    ([, number, gender]) => {
      const word = ORDINALS[+number];
      return gender === 'ª' ? word?.replace(/o$/, 'a') : word;
    },
  ],
  [regex('(?<!\\p{L})(?:[Nn]\\.?\\s?[ºo°]\\.?|[Nn]úm\\.|№)\\s?(?=\\d)'), () => 'número '],
  [
    regex(
      '(?<![\\p{L}\\p{N}.,:])([01]?\\d|2[0-4])[:.h]([0-5]\\d)\\s?(?:h|hs|horas)(?![\\p{L}\\p{N}])',
    ),
    ([, hour, minute]) => `${hour} horas${+minute ? ` y ${+minute} minutos` : ''}`,
  ],
  ...abbreviations({
    ...{
      'Sr.': 'señor',
      'Sra.': 'señora',
      'Srta.': 'señorita',
      'Sres.': 'señores',
      'Dr.': 'doctor',
    },
    ...{ 'Dra.': 'doctora', 'Prof.': 'profesor', 'Ud.': 'usted', 'Uds.': 'ustedes', 'D.': 'don' },
    ...{ 'Dña.': 'doña', 'p. ej.': 'por ejemplo', 'EE. UU.': 'Estados Unidos', 'Avda.': 'avenida' },
    ...{
      'Av.': 'avenida',
      'C/': 'calle ',
      'pág.': 'página',
      'págs.': 'páginas',
      'tel.': 'teléfono',
    },
    ...{
      'aprox.': 'aproximadamente',
      'etc.': 'etcétera',
      'a. C.': 'antes de Cristo',
      'd. C.': 'después de Cristo',
    },
  }),
];

const BELOW: readonly string[] = [
  '',
  '',
  'medio',
  'tercio',
  'cuarto',
  'quinto',
  'sexto',
  'séptimo',
  'octavo',
  'noveno',
  'décimo',
];

export const spanish: Language = {
  rules,
  money: western(
    {
      USD: ['dólar', 'dólares', 'centavo', 'centavos'],
      EUR: ['euro', 'euros', 'céntimo', 'céntimos'],
      GBP: ['libra', 'libras', 'penique', 'peniques'],
      JPY: ['yen', 'yenes', 'sen', 'sen'],
      INR: ['rupia', 'rupias', 'paisa', 'paisas'],
    },
    {
      thousand: ['mil', 'mil'],
      million: ['millón de', 'millones de'],
      billion: ['mil millones de', 'mil millones de'],
      trillion: ['billón de', 'billones de'],
    },
    { point: ',', and: 'con ' },
  ),
  date: (day, month, of) =>
    `${day === 1 ? 'primero' : day} de ${monthName('es', month)}${of === undefined ? '' : ` de ${of}`}`,
  dayFirst: (tag) => !/^es-(?:US|PR)/i.test(tag),
  clock: (hour, minute) => `${hour}${minute ? ` y ${minute}` : ' en punto'}`,
  units: {
    ...{
      'km/h': ['kilómetro por hora', 'kilómetros por hora'],
      'm/s': ['metro por segundo', 'metros por segundo'],
    },
    ...{ kg: ['kilogramo', 'kilogramos'], g: ['gramo', 'gramos'], mg: ['miligramo', 'miligramos'] },
    ...{
      km: ['kilómetro', 'kilómetros'],
      m: ['metro', 'metros'],
      cm: ['centímetro', 'centímetros'],
    },
    ...{ mm: ['milímetro', 'milímetros'], l: ['litro', 'litros'], ml: ['mililitro', 'mililitros'] },
    ...{
      '°C': ['grado Celsius', 'grados Celsius'],
      '°': ['grado', 'grados'],
      kWh: ['kilovatio hora', 'kilovatios hora'],
    },
    ...{ kW: ['kilovatio', 'kilovatios'], W: ['vatio', 'vatios'], dB: ['decibelio', 'decibelios'] },
    ...{
      Hz: ['hercio', 'hercios'],
      kHz: ['kilohercio', 'kilohercios'],
      MHz: ['megahercio', 'megahercios'],
    },
    ...{
      GHz: ['gigahercio', 'gigahercios'],
      MB: ['megabyte', 'megabytes'],
      GB: ['gigabyte', 'gigabytes'],
    },
    ...{ 'm²': ['metro cuadrado', 'metros cuadrados'], 'm³': ['metro cúbico', 'metros cúbicos'] },
    ...{ min: ['minuto', 'minutos'], s: ['segundo', 'segundos'] },
  },
  fraction: (above, below) =>
    `${above === 1 ? 'un' : above} ${BELOW[below]}${above > 1 ? 's' : ''}`,
  point: 'punto',
  version: 'versión',
  percent: (number) => `${number} por ciento`,
  always: 'veinticuatro horas al día, siete días a la semana',
  plus: 'más',
  and: 'y',
};
