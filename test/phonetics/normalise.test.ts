import assert from 'node:assert/strict';
import fc from 'fast-check';
import { normalise } from '../../src/phonetics/normalise/normalise';
import { cuesAsWritten, rewrite } from '../../src/phonetics/rewriting';

const spoken = (text: string, language: string): string =>
  rewrite(text, normalise(text, language)).spoken;

const SPOKEN: Record<string, Record<string, string>> = {
  en: {
    'It costs $5.20.': 'It costs 5 dollars 20.',
    '$1.2M and $3bn and $5k': '1.2 million dollars and 3 billion dollars and 5 thousand dollars',
    '£1 and €0.50 and $1,250.75': '1 pound and 50 cents and 1250 dollars 75',
    'on 2026-11-30': 'on November thirtieth, twenty twenty six',
    '12/24/2026': 'December twenty fourth, twenty twenty six',
    'May 1, 1999 and 3 Oct 1990':
      'May first, nineteen ninety nine and the third of October, nineteen ninety',
    'at 10:00, 10:30 and 9:05': "at ten o'clock, ten thirty and nine oh five",
    '10:30 a.m. on Monday; 5pm': 'ten thirty A M on Monday; five P M',
    'In 1999, the 1990s and 1905':
      'In nineteen ninety nine, the nineteen nineties and nineteen oh five',
    "the '80s and 2000s": 'the eighties and two thousands',
    '1914–1918': 'nineteen fourteen to nineteen eighteen',
    'in 2005 and 2026': 'in 2005 and twenty twenty six',
    '1500 people, 1200 kg, 1300 meters': '1500 people, 1200 kilograms, 1300 meters',
    'World War II and Henry VIII': 'World War two and Henry the eighth',
    'Chapter IV of Louis XIV': 'Chapter four of Louis the fourteenth',
    'I mix VI and vitamin C': 'I mix VI and vitamin C',
    'No. 5 and #3': 'number 5 and number 3',
    '80 km/h, 5 kg, 1 kg, 20°C':
      '80 kilometers per hour, 5 kilograms, 1 kilogram, 20 degrees Celsius',
    'open 24/7': 'open twenty four seven',
    '1/2 cup, 3/4, 2½ and 1 1/2': 'one half cup, three quarters, 2 and a half and 1 and a half',
    '50% of -3.5%': '50 percent of -3.5 percent',
    'v1.2.3 and 10.0.1': 'version 1 point 2 point 3 and 10 point 0 point 1',
    'call +1 555 123-4567': 'call plus 1, 5 5 5, 1 2 3, 4 5 6 7',
    'or 555-123-4567': 'or 5 5 5, 1 2 3, 4 5 6 7',
    'Dr. Smith, e.g. here': 'Doctor Smith, for example here',
    'St. Louis is on Main St. today': 'Saint Louis is on Main St. today',
    'pages 10-20 and 3-4 items': 'pages 10-20 and 3-4 items',
    '192.168.0.1': '192 point 168 point 0 point 1',
    'Call 911 now': 'Call 911 now',
    'a/b and and/or': 'a/b and and/or',
  },
  'en-GB': { '12/4/2026': 'April twelfth, twenty twenty six' },
  de: {
    'Das kostet 5,20 € oder $3.': 'Das kostet 5 Euro 20 oder 3 Dollar.',
    '€ 1,2 Mio. und 0,50 €': '1,2 Millionen Euro und 50 Cent',
    '1.250,75 €': '1250 Euro 75',
    'am 30.11.2026, 1.12.2026': 'am dreißigsten November 2026, erster Dezember 2026',
    'Der 1. FC Köln': 'Der erste FC Köln',
    'Am 1. Advent': 'Am ersten Advent',
    'Im 19. Jh. war': 'Im neunzehnten Jahrhundert war',
    'am 3. Oktober 1990': 'am dritten Oktober 19 hundert 90',
    '2026-12-24': 'vierundzwanzigster Dezember 2026',
    'um 10:00 Uhr oder 10:30': 'um 10 Uhr oder 10 Uhr 30',
    'seit 1999 und 1905': 'seit 19 hundert 99 und 19 hundert 5',
    'die 1990er Jahre': 'die 19 hundert 90er Jahre',
    '1914–1918': '19 hundert 14 bis 19 hundert 18',
    'Heinrich VIII. war': 'Heinrich der Achte war',
    'Der II. Weltkrieg': 'Der zweite Weltkrieg',
    'Nr. 5': 'Nummer 5',
    '130 km/h, 5 kg, 20 °C': '130 Kilometer pro Stunde, 5 Kilogramm, 20 Grad Celsius',
    '3 kWh, 1 min, 5 min': '3 Kilowattstunden, 1 Minute, 5 Minuten',
    '24/7': 'rund um die Uhr',
    '1/2, 3/4': 'ein halb, 3 viertel',
    '50 %': '50 Prozent',
    'v1.2.3': 'Version 1 Punkt 2 Punkt 3',
    '+49 30 1234567': 'plus 4 9, 3 0, 1 2 3 4 5 6 7',
    '030 1234567': '0 3 0, 1 2 3 4 5 6 7',
    'z. B. Dr. med. Müller': 'zum Beispiel Doktor medizinae Müller',
    'd.h. usw. bzw. ca. 5': 'das heißt und so weiter beziehungsweise zirka 5',
    'am Hbf. und Hauptstr. 5': 'am Hauptbahnhof und Hauptstraße 5',
    '100 n. Chr.': '100 nach Christus',
    '1.000.000 Menschen': '1.000.000 Menschen',
    '§ 5': 'Paragraf 5',
  },
  fr: {
    '3,50 € et $5.20': '3 euros 50 et 5 dollars 20',
    '1,2 M€ ou €3,50': '1,2 millions d’euros ou 3 euros 50',
    'le 30/11/2026': 'le 30 novembre 2026',
    '01/05/2026': 'premier mai 2026',
    'à 8h30, 10 h et 14:05': 'à 8 heures 30, 10 heures et 14 heures 5',
    'M. Dupont et Mme Curie': 'Monsieur Dupont et Madame Curie',
    'MM. Dupont, Mlle. Rose': 'Messieurs Dupont, Mademoiselle Rose',
    'au XIXe siècle': 'au dix-neuvième siècle',
    'le 1er mai, la 1re fois, le 5e': 'le premier mai, la première fois, le cinquième',
    'Louis XIV et François Ier': 'Louis quatorze et François premier',
    'n° 5': 'numéro 5',
    '130 km/h, 1 kg, 5 kg': '130 kilomètres heure, 1 kilogramme, 5 kilogrammes',
    '50 %': '50 pour cent',
    '1/2, 2/3, 3/4': 'un demi, deux tiers, trois quarts',
    '52 av. J.-C.': '52 avant Jésus-Christ',
    'bd. Voltaire, av. Foch': 'boulevard Voltaire, avenue Foch',
    'p. ex. ici': 'par exemple ici',
    '24/7': 'vingt-quatre heures sur vingt-quatre, sept jours sur sept',
    '+33 1 23 45 67 89': 'plus 3 3, 1, 2 3, 4 5, 6 7, 8 9',
    '01 23 45 67 89': '0 1, 2 3, 4 5, 6 7, 8 9',
    'v2.0.1': 'version 2 point 0 point 1',
    'en 1999': 'en 1999',
  },
  es: {
    '3,50 € y $5.20': '3 euros con 50 y 5 dólares con 20',
    '$1.2M': '1,2 millones de dólares',
    '30/11/2026': '30 de noviembre de 2026',
    'a las 10:30 y a las 9:00': 'a las 10 y 30 y a las 9 en punto',
    '18:30 h': '18 horas y 30 minutos',
    'El siglo XIX y Felipe VI': 'El siglo 19 y Felipe sexto',
    'Alfonso XIII': 'Alfonso 13',
    'la 1.ª y el 3.º': 'la primera y el tercero',
    'n.º 5, núm. 7': 'número 5, número 7',
    '120 km/h, 1 kg, 20 °C': '120 kilómetros por hora, 1 kilogramo, 20 grados Celsius',
    '50 %': '50 por ciento',
    '1/2, 3/4': 'un medio, 3 cuartos',
    'El Sr. García y la Dra. Ruiz': 'El señor García y la doctora Ruiz',
    'p. ej. en EE. UU.': 'por ejemplo en Estados Unidos',
    '24/7': 'veinticuatro horas al día, siete días a la semana',
    'v1.2.3': 'versión 1 punto 2 punto 3',
    'en 1999': 'en 1999',
  },
  ja: {
    '$5.20です': '5.2ドルです',
    '¥500と€3': '500円と3ユーロ',
    '$1.2M': '120万ドル',
    '2026-11-30に': '2026年11月30日に',
    '2026/11/30': '2026年11月30日',
    '10:30と9:00': '10時30分と9時',
    '80km/hで5kg': '80キロメートル毎時で5 kg'
      .replace('80キロ', '80 キロ')
      .replace('5 kg', '5 キログラム'),
    '50%オフ': '50パーセントオフ',
    'No.5': 'ナンバー5',
    '1990s': '1990年代',
    '24/7': '24時間年中無休',
    '3/4': '4分の3',
  },
  zh: {
    '$5.20': '5.2美元',
    '¥500': '500元',
    '2026-11-30': '二〇二六年11月30日',
    '1999年': '一九九九年',
    '10:30到9:00': '10点30分到9点',
    '50%': '百分之50',
    '3/4': '4分之3',
    'No.5': '5号',
    '24/7': '全天候',
    '25°C': '25 摄氏度',
  },
  ar: {
    '$5.20': '5 دولار و 20 سنت',
    '2026-11-30': '30 نوفمبر 2026',
    '30/11/2026': '30 نوفمبر 2026',
    '10:30': '10 و 30 دقيقة',
    '50%': '50 بالمئة',
    '5 kg': '5 كيلوغرام',
    '1/2': 'نصف',
    'د. أحمد': 'دكتور أحمد',
    '24/7': 'على مدار الساعة',
  },
};

for (const [language, cases] of Object.entries(SPOKEN)) {
  describe(`numbers, dates and abbreviations in ${language}`, () => {
    for (const [text, expected] of Object.entries(cases)) {
      it(`${text} is spoken ${expected}`, () => assert.equal(spoken(text, language), expected));
    }
  });
}

describe('emoji', () => {
  for (const [text, expected] of [
    ['Hi 😀 there 👍🏽!', 'Hi  there !'],
    ['Hi👨‍👩‍👧‍👦you ❤️', 'Hi you '],
    ['Go 🇩🇪 1️⃣ now', 'Go   now'],
    ['😀', '😀'],
    ['© 2 ™ and → stay', '© 2 ™ and → stay'],
  ] as const) {
    it(`of ${text} are left out`, () => assert.equal(spoken(text, 'xx'), expected));
  }

  it('are kept where they are to be spoken', () => {
    assert.deepEqual(normalise('Hi 😀', 'en', 'speak'), []);
  });
});

describe('the normaliser', () => {
  it('leaves a language that it has no rules for as it is written', () => {
    assert.equal(spoken('5,20 zł i 30.11.2026', 'pl'), '5,20 zł i 30.11.2026');
  });

  it('keeps every word of the cues a slice of the written text, in order, for any text', () => {
    const bits =
      '$5.20|5 kg|2026-11-30|10:30|Dr. |word|,|. | |"x".|World War II|1990s|z. B. |M. Dupont|50%|½|𝓗𝓲|https://x.org/a|+49 30 123456|5|你好|3/4';
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...bits.split('|')), { maxLength: 12 }),
        fc.constantFrom('en', 'de', 'fr', 'es', 'ja', 'cmn', 'ar', 'xx'),
        (parts, language) => {
          const text = parts.join(' ');
          const rewriting = rewrite(text, normalise(text, language));
          const words = rewriting.spoken.match(/[^\s"“”.,]+/g) ?? [];
          const cues = words.map((value, index) => ({
            type: 'word' as const,
            value,
            start: index,
            end: index + 1,
          }));
          let cursor = 0;
          for (const { value, start, end } of cuesAsWritten(cues, rewriting)) {
            const at = text.indexOf(value, cursor);
            assert.ok(at >= 0, `${value} of ${text}`);
            cursor = at + value.length;
            assert.ok(end > start);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('takes time that grows with the text', () => {
    for (const bit of [
      '1',
      '1.',
      '1 ',
      '$1',
      '1/',
      '1:',
      '10:',
      'I',
      'A.',
      '1-',
      '1,111',
      '(12)',
    ]) {
      normalise(bit.repeat(20_000), 'en');
    }
  });
});
