/**
 * Makes text safe for eSpeak NG, which takes SSML, `[[phonemes]]` and control characters as commands,
 * and keeps where each character came from, so that its word events lead back to the text as written.
 */

export interface PlainText {
  /** What eSpeak is given. */
  spoken: string;
  /** For each code point of `spoken`: the index (UTF-16 units) in the text as written. */
  origins: number[];
}

/** Invisible characters that eSpeak would stumble over: soft hyphen, zero-width, bidi marks, tags. */
const INVISIBLE =
  /[\u00AD\u034F\u061C\u180E\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\uFEFF\uFE0E\u{E0000}-\u{E007F}]/u;
/** Nothing to say: control characters, unpaired surrogates, unassigned and private ones, U+FFFD. */
const UNSAYABLE = /[\p{Cc}\p{Cs}\p{Cn}\p{Co}\uFFFD]/u;
/** Letters in another dress: Arabic presentation forms, full-width letters and digits, half-width kana. */
const COMPATIBILITY =
  /[\uFB50-\uFDFF\uFE70-\uFEFC\uFF10-\uFF19\uFF21-\uFF3A\uFF41-\uFF5A\uFF66-\uFF9F]/;
/** What must be composed as one: a character with its marks, conjoining jamo, half-width kana. */
const CLUSTER = /[\u1100-\u11FF]+|[\uFF66-\uFF9F]+|[^]\p{M}*/gu;

const REPLACED: Record<string, string> = {
  '<': '&lt;',
  '&': '&amp;',
  // Two square brackets would begin phonemes in eSpeak's own notation.
  '[': '(',
  ']': ')',
  '\n': '\n',
  '\u2028': '\n',
  '\u2029': '\n',
};

/**
 * Text as eSpeak may be given it.
 * @param isMarkup whether the call that takes it reads SSML, so that `<` and `&` must be escaped
 */
export function plainText(text: string, isMarkup = true): PlainText {
  const origins: number[] = [];
  let spoken = '';
  for (const { 0: cluster, index } of withoutMarks(text).matchAll(CLUSTER)) {
    const form = COMPATIBILITY.test(cluster) ? 'NFKC' : 'NFC';
    const composed = cluster.normalize(form);
    let offset = 0;
    for (const character of composed) {
      const replaced = isMarkup || !/[<&]/.test(character) ? replace(character) : character;
      spoken += replaced;
      const origin = composed === cluster ? index + offset : index;
      origins.push(...Array<number>([...replaced].length).fill(origin));
      offset += character.length;
    }
  }
  return { spoken, origins };
}

function replace(character: string): string {
  const known = REPLACED[character];
  if (known !== undefined) return known;
  if (INVISIBLE.test(character)) return '';
  return UNSAYABLE.test(character) ? ' ' : character;
}

/**
 * Blanks marks that are meant for the eye: rules and runs such as `***` or `=====`, list bullets,
 * headings and Markdown's emphasis. The length stays the same.
 */
function withoutMarks(text: string): string {
  return text
    .replace(/([*#=_~`|+^\\\-–—])\1+/g, blank)
    .replace(/^[ \t]*[*#>•◦▪‣·-]+(?=[ \t])/gm, blank)
    .replace(
      /(?<![\p{L}\p{N}])[*_`~](?=[\p{L}\p{N}])|(?<=[\p{L}\p{N}.,!?])[*_`~](?![\p{L}\p{N}])/gu,
      ' ',
    );
}

function blank(marks: string): string {
  // A dash is a pause, and "C++" is a name.
  if (/^[-–—]{2,3}$/.test(marks)) return marks;
  return marks === '++' ? marks : ' '.repeat(marks.length);
}
