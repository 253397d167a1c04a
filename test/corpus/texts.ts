/** Texts that are none, too much, in disguise, or meant for another program. */
import { runStage, listOf, type CorpusCase, type Outcome } from './corpus-case';

const range = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, i) => String.fromCodePoint(from + i)).join('');

/** Texts by what they are. */
const TEXTS: Record<string, string> = {
  'control characters': range(0, 31),
  'control characters among words': `Hello${range(0, 31)}there${range(127, 159)}friend.`,
  'a zero byte': 'Hello\0there.',
  'a byte order mark': '\ufeffHello there.',
  'a high surrogate alone': 'Hello \ud83d there.',
  'a low surrogate alone': '\udc00Hello there.',
  'surrogates the wrong way round': 'Hello \udc00\ud83d there.',
  'surrogates alone': '\ud800'.repeat(50),
  'characters that are none': 'Hello \ufffe\uffff\u{10ffff} there.',
  'private use': range(0xe000, 0xe040),
  'right-to-left marks': '\u200f\u202eHello\u202c \u2067there\u2069.\u200e',
  'marks only': '\u200b\u200c\u200d\u200e\u200f\u2060\ufeff',
  'overrides that are never closed': '\u202e'.repeat(500) + 'Hello.',
  'tags of flags': '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
  'emoji only': '😀🎉👩‍👩‍👧‍👦🇬🇧👍🏽',
  'a thousand emoji': '👩‍🚀'.repeat(1000),
  'one emoji of a thousand joined': Array(1000).fill('👩').join('\u200d'),
  'a letter with ten thousand accents': `e${'\u0301'.repeat(10_000)} and on.`,
  'accents without a letter': '\u0301'.repeat(100),
  'every script': 'Hello Привет שלום مرحبا नमस्ते 你好 こんにちは 안녕 สวัสดี ሰላም ᚠᚢᚦ 𒀀𒁀 𐐷',
  'mathematical letters': '𝐇𝐞𝐥𝐥𝐨 𝕥𝕙𝕖𝕣𝕖',
  'spaces of every kind': 'a\u00a0b\u2003c\u3000d\u2028e\u2029f\u0085g',
  'line ends of every kind': 'a\rb\nc\r\nd\ve\ff',
  'a thousand empty lines': `${'\n'.repeat(1000)}Hello.`,
  'punctuation only': '.,;:!?…—()[]{}«»“”"\'¡¿',
  'a thousand full stops': '.'.repeat(1000),
  'a thousand question marks': 'What' + '?!'.repeat(1000),
  'a number of 3,000 digits': '9'.repeat(3000),
  'numbers that are none': 'NaN Infinity -0 1e400 0x7fffffff 1/0',
  'a word of 20,000 letters': 'a'.repeat(20_000),
  'a word of 2,000 consonants': 'bcdfgk'.repeat(333),
  SSML: '<speak><break time="99999s"/><prosody rate="900%">Hello</prosody></speak>',
  'SSML that is never closed': '<speak><voice name="x">Hello',
  'SSML that plays a file': '<speak><audio src="file:///etc/passwd"/>Hello</speak>',
  HTML: '<script>alert(1)</script><img src=x onerror=alert(1)> Hello & <b>there</b>',
  entities: '&lt;&amp;&#0;&#x110000;&nbsp;&unknown;',
  'entities that grow': '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>',
  'phonemes of eSpeak': "[[h@l'oU]] [[_::_]] [[xxxxxxxx",
  'a switch of eSpeak': '-v en -f /etc/passwd --stdout Hello',
  'formats of C': '%s%n%x%99999999d Hello',
  'a template': '{{7*7}} ${process.exit()} <%= 1 %> #{1}',
  'a command': '$(touch /tmp/x); `id` | cat && rm -rf /',
  'a query': "'; DROP TABLE texts; --",
  'a path': '../../../../etc/passwd',
  'an address': 'http://127.0.0.1:1880/?a=b&c=d#e',
  JSON: '{"kind":"text","text":"Hello","__proto__":{"x":1}}',
  WebVTT: 'WEBVTT\n\n00:00.000 --> 99:00.000\nHello',
  'brackets 2,000 deep': `${'('.repeat(2000)}Hello${')'.repeat(2000)}`,
  'quotes that are never closed': `"Hello ${'"'.repeat(999)}`,
  'abbreviations only': 'Dr. Mr. e.g. i.e. etc. a.m. U.S.A. '.repeat(50),
  'sentences of one letter': 'A. '.repeat(400),
  'a text written backwards': '.ereht olleH'.repeat(30),
  'alternating directions': 'abc אבג '.repeat(60),
  'vertical forms and ligatures': 'ﬁﬂﷺ︙㎏㏂',
  'Hangul in pieces': '\u1112\u1161\u11ab'.repeat(100),
  'Thai without spaces': 'สวัสดีชาวโลก'.repeat(60),
  'Chinese without full stops': '你好世界'.repeat(80),
  'Arabic with every vowel': 'مَرْحَبًا بِكُمْ '.repeat(40),
};

const MEGABYTE = 1_000_000;
const LARGE: Record<string, string> = {
  'a megabyte of one letter': 'a'.repeat(MEGABYTE),
  'a megabyte of words': 'word '.repeat(MEGABYTE / 5),
  'a megabyte of sentences': 'Go on. '.repeat(MEGABYTE / 7),
  'a megabyte of lines': 'a\n'.repeat(MEGABYTE / 2),
  'a megabyte of emoji': '😀'.repeat(MEGABYTE / 2),
  'a megabyte of accents': `e${'\u0301'.repeat(MEGABYTE - 1)}`,
  'a megabyte of full stops': '.'.repeat(MEGABYTE),
  'a megabyte of brackets': '('.repeat(MEGABYTE),
  'a megabyte of spaces and a word': `${' '.repeat(MEGABYTE - 1)}a`,
  'a megabyte of half surrogates': '\ud800'.repeat(MEGABYTE),
  'a megabyte of abbreviations': 'Mr. '.repeat(MEGABYTE / 4),
  'a megabyte of Chinese': '你'.repeat(MEGABYTE),
  'a megabyte of numbers': '1.'.repeat(MEGABYTE / 2),
  'a megabyte of quotes': '“'.repeat(MEGABYTE),
};

function text(
  stage: 'text-segment' | 'tts',
  name: string,
  value: string,
  expect: Outcome | readonly Outcome[],
  isHeavy = false,
): CorpusCase {
  return {
    kind: 'text',
    name: `${stage} of ${name}`,
    expect: listOf(expect),
    ...(isHeavy && { isHeavy: true }),
    run: (bench) => runStage(bench, stage, { kind: 'text', text: value }),
  };
}

export function textCases(): CorpusCase[] {
  const harmless: readonly Outcome[] = ['works', 'E_INPUT'];
  const splits = ['line', 'paragraph'].flatMap((split) =>
    Object.entries(LARGE).map(([name, value]): CorpusCase => ({
      kind: 'text',
      name: `text-segment by ${split} of ${name}`,
      expect: harmless,
      isHeavy: true,
      run: (bench) =>
        runStage(bench, 'text-segment', { kind: 'text', text: value }, { split, maxLength: 20 }),
    })),
  );
  return [
    ...Object.entries(TEXTS).map(([name, value]) => text('text-segment', name, value, harmless)),
    ...Object.entries(TEXTS).map(([name, value]) => text('tts', name, value, harmless)),
    ...Object.entries(LARGE).map(([name, value]) =>
      text('text-segment', name, value, harmless, true),
    ),
    ...Object.entries(LARGE).map(([name, value]) =>
      text('tts', name, value.slice(0, 5000), harmless, true),
    ),
    ...splits,
  ];
}
