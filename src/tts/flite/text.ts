/** Text as Flite can read it: ASCII, with signs that it does not know as words. */

/** Letters that no decomposition takes to ASCII. */
const LETTERS: Record<string, string> = {
  ...{
    ß: 'ss',
    æ: 'ae',
    Æ: 'Ae',
    œ: 'oe',
    Œ: 'Oe',
    ø: 'o',
    Ø: 'O',
    ł: 'l',
    Ł: 'L',
    đ: 'd',
    Đ: 'D',
  },
  ...{ ð: 'd', Ð: 'D', þ: 'th', Þ: 'Th', ı: 'i' },
  ...{ '‘': "'", '’': "'", '“': '"', '”': '"', '„': '"', '«': '"', '»': '"' },
  ...{ '–': ', ', '—': ', ', '…': '...', '−': '-' },
};

const SIGNS: Record<string, string> = {
  ...{ '&': 'and', '%': 'percent', '@': 'at', '+': 'plus', '=': 'equals', '°': 'degrees' },
  ...{ '€': 'euros', '£': 'pounds', '¥': 'yen', '§': 'section', '×': 'times', '÷': 'divided by' },
  ...{ '#': 'number', '<': 'less than', '>': 'greater than' },
};
const SIGN = /[.,:;!?]*([&%@+=°€£¥§×÷#<>])/g;

/** Longest run of letters and digits that is read as one word. */
const LONGEST = 40;

export interface Readable {
  /** ASCII; empty where there is nothing to say. */
  spoken: string;
  /** Whether letters or digits are left out. */
  unread: boolean;
}

/** What Flite is given of a text. */
export function readable(text: string): Readable {
  let unread = false;
  const spoken = text
    // Money is said after its number: €5.
    .replace(/([€£¥])(\d[\d.,]*\d|\d)/g, '$2$1')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\x20-\x7e]/gu, (character) => {
      const known = LETTERS[character] ?? (character in SIGNS ? character : undefined);
      if (known === undefined && /[\p{L}\p{N}]/u.test(character)) unread = true;
      return known ?? ' ';
    })
    .replace(SIGN, (_marks, sign: string) => ` ${SIGNS[sign]} `)
    .replace(/[\\^~|`_*{}[\]]+/g, ' ')
    .replace(new RegExp(`[A-Za-z0-9]{${LONGEST}}(?=[A-Za-z0-9])`, 'g'), '$& ')
    .replace(/\s+/g, ' ')
    .trim();
  return { spoken: /[A-Za-z0-9]/.test(spoken) ? spoken : '', unread };
}
