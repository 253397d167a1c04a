/**
 * Markup in texts: HTML, SSML and Markdown are neither spoken nor shown. What SSML says of the speech
 * (breaks, rates, substitutes) is kept with its place in the visible text. Only what is certainly markup
 * counts: `3 < 5`, `2 * 3`, `snake_case`, `#1` and `AT&T` stay as they are.
 */
import type { Replacement } from './rewriting';

export interface MarkedText {
  /** What is seen and, replacements aside, spoken. */
  text: string;
  /** Silence at a place of the text, in seconds. */
  breaks: { at: number; seconds: number }[];
  /** Parts that are spoken faster (above 1) or slower. */
  rates: { start: number; end: number; factor: number }[];
  /** What is spoken in place of a part. */
  replacements: Replacement[];
}

/** Elements that begin a new line. */
const LINES = 'br|hr|div|li|tr|dt|dd|option|figcaption|caption|summary';
/** Elements that begin a new paragraph. */
const PARAGRAPHS =
  'p|h[1-6]|ul|ol|dl|table|blockquote|pre|section|article|header|footer|main|nav|aside|form|details|figure|address';
/** Elements whose content is not text for people. */
const HIDDEN = 'script|style|template|noscript|svg|math|head|audio|video|iframe|object|canvas';
/** Elements that are only left out. */
const INLINE =
  'html|body|a|abbr|acronym|b|bdi|bdo|big|cite|code|data|del|dfn|em|font|i|img|ins|kbd|label|mark|meta|link|input|button|q|rp|rt|ruby|samp|s|small|span|strike|strong|tbody|td|tfoot|th|thead|colgroup|col|time|title|tt|u|var|wbr|center|select|textarea|speak|voice|lang|w|token|mstts:[a-z-]+|amazon:[a-z-]+|google:[a-z-]+|mark|metadata|lexicon|lookup|desc';
/** Elements of SSML that say something of the speech. */
const SPEECH = 'break|emphasis|prosody|say-as|sub|phoneme';
const TAG = new RegExp(
  `<(/?)(${[LINES, PARAGRAPHS, HIDDEN, INLINE, SPEECH].join('|')})` +
    `((?:\\s+[\\w:.-]+\\s*=\\s*(?:"[^"<]*"|'[^'<]*'|[^\\s"'<>]+))*)\\s*(/?)>`,
  'iy',
);
const REMARK = /<!doctype\b[^<>]*>|<!\[CDATA\[|\]\]>/iy;
const IS_LINE = new RegExp(`^(?:${LINES})$`, 'i');
const IS_PARAGRAPH = new RegExp(`^(?:${PARAGRAPHS})$`, 'i');
const IS_HIDDEN = new RegExp(`^(?:${HIDDEN})$`, 'i');

/** Where a mark may begin. */
const MARK = /[<&\]]/g;

/** HTML's names of U+00A0 to U+00FF, in their order. */
const LATIN1 =
  'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml';
const ENTITIES = new Map<string, string>([
  ...LATIN1.split(' ').map((name, index): [string, string] => [
    name,
    String.fromCharCode(0xa0 + index),
  ]),
  ...Object.entries({
    ...{ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", hellip: '…', mdash: '—', ndash: '–' },
    ...{ lsquo: '‘', rsquo: '’', sbquo: '‚', ldquo: '“', rdquo: '”', bdquo: '„', lsaquo: '‹' },
    ...{
      rsaquo: '›',
      bull: '•',
      euro: '€',
      trade: '™',
      rarr: '→',
      larr: '←',
      ensp: ' ',
      emsp: ' ',
    },
    ...{ thinsp: ' ', zwnj: '\u200c', zwj: '\u200d', OElig: 'Œ', oelig: 'œ', Scaron: 'Š' },
    ...{ scaron: 'š', Zcaron: 'Ž', zcaron: 'ž', minus: '−', permil: '‰', infin: '∞', deg: '°' },
  }),
]);
const ENTITY = /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z][A-Za-z0-9]{1,8}));/y;

/** Reads a text with whatever markup it has. */
export function readMarkup(source: string): MarkedText {
  const reader = new Reader(withoutMarkdown(source));
  return reader.read();
}

interface Opened {
  name: string;
  at: number;
  attributes: ReadonlyMap<string, string>;
}

/** Reads tags and entities. */
class Reader {
  #text = '';
  readonly #breaks: MarkedText['breaks'] = [];
  readonly #rates: MarkedText['rates'] = [];
  readonly #replacements: Replacement[] = [];
  readonly #open: Opened[] = [];
  readonly #missing = new Set<string>();
  #lower: string | undefined;
  /** Where the words under ruby letters begin. */
  #base = 0;

  constructor(private readonly source: string) {}

  read(): MarkedText {
    const { source } = this;
    let at = 0;
    while (at < source.length) {
      const next = matchAt(MARK, source, at)?.index;
      if (next === undefined) break;
      this.#text += source.slice(at, next);
      at = next;
      const end = this.#mark(at);
      if (end === at) this.#text += source.charAt(at);
      at = Math.max(end, at + 1);
    }
    this.#text += source.slice(at);
    // What is never closed replaces nothing.
    for (const opened of this.#open) if (opened.name === 'prosody') this.#close(opened);
    const { text, move } = trimmed(this.#text);
    const span = ({ start, end }: { start: number; end: number }) => ({
      start: move(start),
      end: move(end),
    });
    return {
      text,
      breaks: this.#breaks.map((one) => ({ ...one, at: move(one.at) })),
      rates: this.#rates.map((one) => ({ ...one, ...span(one) })),
      replacements: this.#replacements.map((one) => ({ ...one, ...span(one) })),
    };
  }

  /** @returns where the mark at this place ends; the place itself where there is none */
  #mark(at: number): number {
    const { source } = this;
    const entity = matchAt(ENTITY, source, at);
    if (entity) {
      const [whole, decimal, hexadecimal, name] = entity;
      const code = decimal ? parseInt(decimal, 10) : parseInt(hexadecimal ?? '', 16);
      const known = name === undefined ? characterOf(code) : ENTITIES.get(name);
      if (known === undefined) return at;
      this.#text += known;
      return at + whole.length;
    }
    const remark = matchAt(REMARK, source, at);
    if (remark) return at + remark[0].length;
    if (source.startsWith('<!--', at)) return this.#behind('-->', at + 4) ?? at;
    if (source.startsWith('<?', at)) return this.#behind('?>', at + 2) ?? at;
    const tag = matchAt(TAG, source, at);
    if (!tag) return at;
    const [whole, slash, name, attributes, alone] = tag;
    const end = at + whole.length;
    const element = name.toLowerCase();
    if (IS_HIDDEN.test(element) && !slash && !alone) {
      return this.#behind(`</${element}>`, end) ?? end;
    }
    if (/^(?:ruby|rt|rp)$/.test(element)) return this.#ruby(element, Boolean(slash), end);
    if (IS_PARAGRAPH.test(element)) this.#text += '\n\n';
    else if (IS_LINE.test(element)) this.#text += '\u2028';
    else if (/^(?:td|th)$/.test(element) && slash) this.#text += ' ';
    else this.#speech(element, Boolean(slash), Boolean(alone), attributesOf(attributes));
    return end;
  }

  /** Where the first such end from a place on ends; remembers what there is no more of. */
  #behind(close: string, from: number): number | undefined {
    if (this.#missing.has(close)) return undefined;
    this.#lower ??= this.source.toLowerCase();
    const index = this.#lower.indexOf(close, from);
    if (index >= 0) return index + close.length;
    this.#missing.add(close);
    return undefined;
  }

  /** The small letters over a word are how it is spoken. */
  #ruby(element: string, isEnd: boolean, end: number): number {
    if (element === 'ruby') this.#base = this.#text.length;
    if (element === 'ruby' || isEnd) return end;
    const behind = this.#behind(`</${element}>`, end);
    if (behind === undefined) return end;
    const spoken = this.source.slice(end, behind - element.length - 3).trim();
    const start = this.#base;
    if (element === 'rt' && spoken && !/[<&]/.test(spoken) && start < this.#text.length) {
      this.#replacements.push({ start, end: this.#text.length, spoken });
      this.#base = this.#text.length;
    }
    return behind;
  }

  #speech(
    name: string,
    isEnd: boolean,
    isAlone: boolean,
    attributes: ReadonlyMap<string, string>,
  ): void {
    if (name === 'break' && !isEnd) {
      const seconds = breakSeconds(attributes);
      if (seconds > 0) this.#breaks.push({ at: this.#text.length, seconds });
    }
    if (!/^(?:prosody|say-as|sub|phoneme)$/.test(name)) return;
    if (!isEnd) {
      // An element without content, such as <phoneme ph="…"/>, replaces nothing.
      if (!isAlone) this.#open.push({ name, at: this.#text.length, attributes });
      return;
    }
    const index = this.#open.findLastIndex((one) => one.name === name);
    if (index >= 0) for (const opened of this.#open.splice(index).reverse()) this.#close(opened);
  }

  #close({ name, at: start, attributes }: Opened): void {
    const end = this.#text.length;
    const inner = this.#text.slice(start, end);
    if (inner.trim() === '') return;
    const replace = (spoken: string | undefined): void => {
      if (spoken) this.#replacements.push({ start, end, spoken });
    };
    switch (name) {
      case 'prosody': {
        const factor = rateFactor(attributes.get('rate'));
        if (factor !== 1) this.#rates.push({ start, end, factor });
        break;
      }
      case 'sub':
        return replace(attributes.get('alias')?.trim());
      case 'phoneme': {
        const isIpa = /^(?:|ipa)$/i.test(attributes.get('alphabet') ?? '');
        return replace(isIpa ? inIpa(attributes.get('ph')) : undefined);
      }
      case 'say-as':
        return replace(said(inner, attributes.get('interpret-as') ?? ''));
    }
  }
}

function inIpa(phonemes: string | undefined): string | undefined {
  const ipa = phonemes?.replace(/[[\]]/g, '').trim();
  return ipa ? `[[${ipa}]]` : undefined;
}

/** What `say-as` asks for; undefined where voices and normaliser do it anyway. */
function said(text: string, as: string): string | undefined {
  if (/^(?:characters|spell-out|spell|verbatim|letters)$/i.test(as)) {
    return [...text.replace(/\s+/g, '')].map((one) => one.toLocaleUpperCase()).join(', ');
  }
  if (/^(?:digits|telephone)$/i.test(as)) {
    return text
      .replace(/\d/g, ' $& ')
      .replace(/[-–/.()]/g, ', ')
      .replace(/\s+/g, ' ')
      .trim();
  }
  if (/^(?:expletive|bleep)$/i.test(as)) return '…';
  return undefined;
}

/** Seconds of `<break>` by SSML 1.1; at most ten. */
function breakSeconds(attributes: ReadonlyMap<string, string>): number {
  const time = /^\s*\+?(\d*\.?\d+)\s*(ms|s)\s*$/i.exec(attributes.get('time') ?? '');
  if (time) return Math.min(10, Number(time[1]) / (time[2].toLowerCase() === 'ms' ? 1000 : 1));
  const strengths = {
    none: 0,
    'x-weak': 0.1,
    weak: 0.2,
    medium: 0.4,
    strong: 0.8,
    'x-strong': 1.2,
  };
  const strength = (attributes.get('strength') ?? 'medium').toLowerCase();
  return strengths[strength as keyof typeof strengths] ?? strengths.medium;
}

/** A rate of SSML as a factor: a word, a percentage (`80%`, `+20%`) or a number. */
function rateFactor(rate = ''): number {
  const names = { 'x-slow': 0.5, slow: 0.75, medium: 1, default: 1, fast: 1.25, 'x-fast': 1.6 };
  const named = names[rate.trim().toLowerCase() as keyof typeof names];
  if (named !== undefined) return named;
  const number = /^\s*([+-]?)(\d*\.?\d+)\s*(%?)\s*$/.exec(rate);
  if (!number) return 1;
  const value = Number(number[2]) / (number[3] ? 100 : 1);
  const factor = number[1] === '+' ? 1 + value : number[1] === '-' ? 1 - value : value;
  return Math.min(4, Math.max(0.25, factor));
}

function attributesOf(text: string): Map<string, string> {
  const pairs = text.matchAll(/([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))/g);
  return new Map(
    [...pairs].map(([, name, double, single, bare]) => [
      name.toLowerCase(),
      withoutEntities(double ?? single ?? bare ?? ''),
    ]),
  );
}

function withoutEntities(text: string): string {
  return text.replace(new RegExp(ENTITY.source, 'g'), (whole, decimal, hexadecimal, name) => {
    const code = decimal ? parseInt(String(decimal), 10) : parseInt(String(hexadecimal), 16);
    return (name === undefined ? characterOf(code) : ENTITIES.get(String(name))) ?? String(whole);
  });
}

function characterOf(code: number): string | undefined {
  const isCharacter = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return isCharacter ? String.fromCodePoint(code) : undefined;
}

function matchAt(expression: RegExp, text: string, at: number): RegExpExecArray | null {
  expression.lastIndex = at;
  return expression.exec(text);
}

/** Without white space at both ends; `move` gives the new place of an old one. */
function trimmed(text: string): { text: string; move: (at: number) => number } {
  const start = text.length - text.trimStart().length;
  const whole = text.trim();
  return { text: whole, move: (at) => Math.min(whole.length, Math.max(0, at - start)) };
}

/** Markdown (CommonMark and GitHub's tables) as plain text. */
function withoutMarkdown(source: string): string {
  let text = source.replace(
    /(^|\n)[^\S\n]{0,3}(```+|~~~+)[^\n]*\n(?:[\s\S]*?\n)?[^\S\n]{0,3}\2[^\S\n]*(?=\n|$)/g,
    '$1',
  );
  // A fence that is never closed reaches to the end.
  text = text.replace(/(^|\n)[^\S\n]{0,3}```[\w+-]*[^\S\n]*\n[\s\S]*$/, '$1');
  const definitions = new Set<string>();
  text = text.replace(
    /(^|\n)[^\S\n]{0,3}\[([^\]\n]+)\]:[^\S\n]+<?(?:https?:|mailto:|\/|#|\.)[^\n]*(?=\n|$)/g,
    (_, before: string, label: string) => {
      definitions.add(label.toLowerCase());
      return before;
    },
  );
  if (/[#>*+=|_-]/.test(text)) text = withoutBlocks(text);
  if (/[`*_~[\\<]/.test(text)) text = withoutSpans(text, definitions);
  return text;
}

function withoutBlocks(text: string): string {
  const lines = text.split('\n');
  const isTable = (index: number): boolean =>
    /^\s*\|?\s*:?-{3,}:?\s*(?:\|\s*:?-{3,}:?\s*)*\|?\s*$/.test(lines[index] ?? '') &&
    (lines[index] ?? '').includes('|');
  let inTable = false;
  return lines
    .map((line, index) => {
      if (isTable(index + 1) && line.includes('|')) inTable = true;
      if (inTable && isTable(index)) return undefined;
      if (inTable && line.includes('|')) {
        const cells = line
          .trim()
          .replace(/^\||\|$/g, '')
          .split('|');
        return `\u2028${cells
          .map((cell) => cell.trim())
          .filter(Boolean)
          .join(', ')}`;
      }
      inTable = false;
      // A rule, or the line under a heading.
      if (/^\s{0,3}(?:={3,}|-{3,}|(?:\*\s*){3,}|(?:_\s*){3,})\s*$/.test(line)) return '';
      const quoted = line.replace(/^\s{0,3}(?:>\s?)+/, '');
      const heading = /^\s{0,3}#{1,6}\s+(.*?)(?:\s+#+)?\s*$/.exec(quoted);
      if (heading) return `\n${heading[1]}\n`;
      const item = /^\s*[-*+]\s+(?:\[[ xX]\]\s+)?(?=\S)(.*)$/.exec(quoted);
      return item ? `\u2028${item[1]}` : quoted;
    })
    .filter((line) => line !== undefined)
    .join('\n')
    .replace(/\n\u2028/g, '\u2028');
}

function withoutSpans(source: string, definitions: ReadonlySet<string>): string {
  const kept: string[] = [];
  /** Takes a text out of the way of what follows. */
  const keep = (text: string): string => `\u{f0000}${kept.push(text) - 1}\u{f0001}`;
  const edge = '(?![\\s])';
  let text = source
    // A path of Windows is no escape.
    .replace(/\b[A-Za-z]:\\[^\s]*/g, (path) => keep(path))
    .replace(/\\([!-/:-@[-`{-~])/g, (_, sign: string) => keep(sign))
    .replace(/(`+)(?!`)([^\n]*?[^`])\1(?!`)/g, (_, _ticks, code: string) => keep(code.trim()))
    .replace(/<(https?:\/\/[^\s<>]+|[^\s<>@]+@[^\s<>@]+\.[a-z]+)>/gi, '$1')
    .replace(
      /!?\[((?:[^[\]\n]|\[[^[\]\n]*\])*)\]\(\s*<?[^\s()<>]*(?:\([^\s()]*\)[^\s()]*)?>?(?:\s+["'(][^\n]*?["')])?\s*\)/g,
      '$1',
    )
    .replace(/!?\[([^[\]\n]+)\]\[([^[\]\n]*)\]/g, (whole, label: string, id: string) =>
      definitions.has((id || label).toLowerCase()) ? label : whole,
    );
  const pairs: [string, string][] = [
    ['\\*\\*\\*', '\\*'],
    ['\\*', '\\*'],
    ['\\*\\*', '\\*'],
    ['__', '_'],
    ['~~', '~'],
    ['\\*', '\\*'],
    ['_', '_'],
  ];
  for (const [mark, sign] of pairs) {
    const isWordy = /^[*~\\]/.test(mark) && mark !== '\\*' ? '' : '(?<![\\p{L}\\p{N}])';
    const after = isWordy && '(?![\\p{L}\\p{N}])';
    const pattern = new RegExp(
      `${isWordy}(?<!${sign})${mark}(?!${sign})${edge}((?:(?!\\n\\n)[^${sign}])+?)(?<!\\s)${mark}(?!${sign})${after}`,
      'gu',
    );
    text = text.replace(pattern, '$1');
  }
  return text.replace(/\u{f0000}(\d+)\u{f0001}/gu, (_, index: string) => kept[Number(index)] ?? '');
}

/**
 * A part of a marked text as a text of its own that reads as that part again: with its directives as
 * SSML, and with what looks like markup written as entities.
 */
export function writeMarkup(
  { text, rates, replacements }: MarkedText,
  start: number,
  end: number,
): string {
  const tags: { at: number; order: number; tag: string }[] = [];
  const wrap = (from: number, to: number, open: string, close: string): void => {
    tags.push({ at: from, order: 1, tag: open }, { at: to, order: 0, tag: close });
  };
  for (const one of rates) {
    const [from, to] = [Math.max(start, one.start), Math.min(end, one.end)];
    if (from < to)
      wrap(from, to, `<prosody rate="${Math.round(one.factor * 100)}%">`, '</prosody>');
  }
  for (const one of replacements) {
    if (one.start < start || one.end > end) continue;
    wrap(one.start, one.end, `<sub alias="${escaped(one.spoken)}">`, '</sub>');
  }
  tags.sort((a, b) => a.at - b.at || a.order - b.order);
  const plain = text.slice(start, end);
  if (tags.length === 0 && readMarkup(plain).text === plain) return plain;
  let made = '';
  let at = start;
  for (const { at: place, tag } of tags) {
    made += escaped(text.slice(at, place)) + tag;
    at = place;
  }
  return made + escaped(text.slice(at, end));
}

function escaped(text: string): string {
  return text.replace(/[&<>"`*_~[\]\\|#=+-]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
