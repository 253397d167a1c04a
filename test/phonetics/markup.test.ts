import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { TextPayload } from '../../src/contract';
import { readMarkup, writeMarkup } from '../../src/phonetics/markup';
import { normalise } from '../../src/phonetics/normalise/normalise';
import { cuesAsWritten, rewrite, type Replacement } from '../../src/phonetics/rewriting';
import { run } from '../../src/text/run';
import { textSegment } from '../../src/text/stage';
import { objectSource, resolveParameters, type StageContext } from '../../src/contract';

const visible = (source: string): string => readMarkup(source).text.replace(/\u2028/g, ' | ');

async function segments(text: string, settings: object = {}): Promise<TextPayload[]> {
  const context = { signal: new AbortController().signal, progress: () => undefined };
  const parameters = resolveParameters(textSegment.parameters, [objectSource('msg.', settings)]);
  const made = await run({ kind: 'text', text }, parameters, context as unknown as StageContext);
  return made.segments;
}

describe('markup is neither spoken nor shown', () => {
  for (const [source, expected] of [
    ['<p>Tom &amp; <b>Jerry</b></p>', 'Tom & Jerry'],
    [
      'A&nbsp;B &lt;i&gt; &#39;c&#39; &#x1F600; &eacute;t&eacute; &euro;5',
      "A\u00a0B <i> 'c' 😀 été €5",
    ],
    ['One<br>two<br/>three', 'One | two | three'],
    ['<h1>Title</h1><p>Text.</p>', 'Title\n\n\n\nText.'],
    ['<ul><li>one</li><li>two</li></ul>', '| one |  | two |'],
    ['Hi <!-- no --> there<script>alert("x")</script><style>b{}</style>!', 'Hi  there!'],
    ['<a href="https://x.org?a=1&b=2" target=_blank>label</a>', 'label'],
    ['<ruby>漢字<rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby>です', '漢字です'],
    ['Say <phoneme alphabet="ipa" ph="x">tom. The rest.', 'Say tom. The rest.'],
    ['<img src=x onerror="alert(1)"> text', 'text'],
    ['<?xml version="1.0"?><speak version="1.1" xml:lang="en">Hello.</speak>', 'Hello.'],
    ['<emphasis level="strong">Now</emphasis> go', 'Now go'],
    ['<amazon:effect name="whispered">psst</amazon:effect>', 'psst'],
    [
      '**bold** and __bold__ and *thin* and _thin_ and ~~gone~~ and `code`',
      'bold and bold and thin and thin and gone and code',
    ],
    ['***both***, **a *b* c**', 'both, a b c'],
    ['# Heading\nText', 'Heading\n\nText'],
    ['## Heading ##\n\nText', 'Heading\n\n\nText'],
    ['- one\n- two\n* three\n+ four', '| one | two | three | four'],
    ['- [ ] open\n- [x] done', '| open | done'],
    ['> quoted\n> more', 'quoted\nmore'],
    ['[label](https://x.org/a_b "title") and ![alt](a.png)', 'label and alt'],
    ['[label](https://en.wikipedia.org/wiki/A_(b))', 'label'],
    ['[label][1] and [not][2]\n\n[1]: https://x.org', 'label and [not][2]'],
    ['Before\n```js\nlet a = 1;\n```\nafter', 'Before\n\nafter'],
    ['Before\n```\nnever closed', 'Before'],
    ['| a | b |\n|---|---|\n| 1 | 2 |', '| a, b | 1, 2'],
    ['One\n\n---\n\nTwo', 'One\n\n\n\nTwo'],
    ['not \\*bold\\*', 'not *bold*'],
    ['<https://x.org/a>', 'https://x.org/a'],
    ['数字**太字**です', '数字太字です'],
  ] as const) {
    it(`${JSON.stringify(source)} reads ${JSON.stringify(expected)}`, () => {
      assert.equal(
        visible(source).replace(/^[ |]+|[ |]+$/g, ''),
        expected.replace(/^[ |]+|[ |]+$/g, ''),
      );
    });
  }

  for (const text of [
    ...[
      '3 < 5 and 7 > 6',
      '2 * 3 * 4',
      'snake_case_name',
      '#1 of 5',
      'AT&T',
      'a*b*c',
      'R&D;',
      'C#',
    ],
    ...[
      'if (a<b) and (c>d)',
      '<T> is a type',
      'I <3 you',
      '5 - 3',
      '*',
      '**',
      '_',
      '1. one',
      'x^2',
    ],
    ...['a [note] (aside)', '$5 & up', '-5 degrees', 'user_name and other_name', '~5'],
    ...[
      '&unknown; stays',
      'if a <b and c> d',
      'C:\\_x\\*',
      'Fish & Chips; more',
      '[1] and [2]',
      'He said *',
      'wait... _',
    ],
  ]) {
    it(`leaves ${JSON.stringify(text)} as it is`, () => {
      assert.equal(readMarkup(text).text, text);
    });
  }

  it('says where breaks, rates and substitutes are', () => {
    const marked = readMarkup(
      '<speak>One<break time="500ms"/> two. <prosody rate="slow">Slow <sub alias="World Wide Web">WWW</sub></prosody> ' +
        '<say-as interpret-as="characters">abc</say-as> <phoneme alphabet="ipa" ph="təˈmɑːtəʊ">tomato</phoneme></speak>',
    );
    assert.deepEqual(readMarkup('<ruby>漢字<rt>かんじ</rt></ruby>').replacements, [
      { start: 0, end: 2, spoken: 'かんじ' },
    ]);
    assert.deepEqual(readMarkup('<sub alias="x">y. Then').replacements, []);
    assert.equal(marked.text, 'One two. Slow WWW abc tomato');
    assert.deepEqual(marked.breaks, [{ at: 3, seconds: 0.5 }]);
    assert.deepEqual(marked.rates, [{ start: 9, end: 17, factor: 0.75 }]);
    assert.deepEqual(
      marked.replacements.map(({ start, end, spoken }) => [marked.text.slice(start, end), spoken]),
      [
        ['WWW', 'World Wide Web'],
        ['abc', 'A, B, C'],
        ['tomato', '[[təˈmɑːtəʊ]]'],
      ],
    );
  });

  it('bounds breaks and rates, and takes wrong ones for none', () => {
    const seconds = (attributes: string): number[] =>
      readMarkup(`a<break ${attributes}/>b`).breaks.map((one) => one.seconds);
    assert.deepEqual(['time="1s"', 'time=".2s"', 'time="99s"', 'strength="none"'].map(seconds), [
      [1],
      [0.2],
      [10],
      [],
    ]);
    const rate = (value: string): number =>
      readMarkup(`<prosody rate="${value}">a</prosody>`).rates[0]?.factor ?? 1;
    assert.deepEqual(['80%', '+20%', '-20%', '2', 'fast', 'x', '0', '999%'].map(rate), [
      ...[0.8, 1.2, 0.8, 2, 1.25, 1, 0.25, 4],
    ]);
  });

  it('takes any text without failing, and never more than once', () => {
    const bits =
      '<b>|</b>|&amp;|&lt;|**|_|`|# |- |[x](y)|<sub alias="q">|</sub>|<break/>|a|b c|<|&|[|]|\\*|> ||';
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...bits.split('|')), { maxLength: 14 }), (parts) => {
        const marked = readMarkup(parts.join(''));
        const { text } = marked;
        for (const { start, end } of [...marked.replacements, ...marked.rates]) {
          assert.ok(start >= 0 && start <= end && end <= text.length);
        }
        // What is written out again reads the same.
        const again = readMarkup(writeMarkup(marked, 0, text.length));
        assert.equal(again.text, text);
        const byPlace = (list: Replacement[]): string[] =>
          list.map((one) => JSON.stringify(one)).sort();
        assert.deepEqual(byPlace(again.replacements), byPlace(marked.replacements));
      }),
      { numRuns: 500 },
    );
  });

  it('is read in a time that grows with its length', () => {
    for (const bit of [
      '<b',
      '**',
      '[a](',
      '&',
      '`',
      '<sub>',
      '\n- ',
      '|',
      '_a_ ',
      '<!--',
      '](',
      '<svg>',
      '<sub alias="x">y',
      '<ruby>a<rt>',
    ]) {
      readMarkup(bit.repeat(20_000));
    }
  });
});

describe('segments of a text with markup', () => {
  it('have the visible text, and pauses where it has breaks', async () => {
    const made = await segments(
      '<speak>Hello <b>there</b>.<break time="2s"/> Wait<break time="1s"/> for it. Bye.</speak>',
      { pause: 0.3 },
    );
    assert.deepEqual(
      made.map(({ text, pause }) => [text, pause]),
      [
        ['Hello there.', 2],
        ['Wait', 1],
        ['for it.', 0.3],
        ['Bye.', 0.3],
      ],
    );
  });

  it('keep what SSML says of their parts, for the voice', async () => {
    const [one, two] = await segments(
      'The <sub alias="World Wide Web">WWW</sub> &lt;b&gt; is big. 2 < 3.',
    );
    const marked = readMarkup(one.text);
    assert.equal(marked.text, 'The WWW <b> is big.');
    assert.equal(marked.replacements[0].spoken, 'World Wide Web');
    assert.equal(two.text, '2 < 3.');
  });

  it('are list items, headings and rows on their own', async () => {
    const made = await segments(
      '# News\n- first thing\n- second thing\n\n| a | b |\n|---|---|\n| c | d |',
    );
    assert.deepEqual(
      made.map(({ text }) => text),
      ['News', 'first thing', 'second thing', 'a, b', 'c, d'],
    );
  });
});

describe('signs that are read otherwise than written', () => {
  const spoken = (text: string): string => rewrite(text, normalise(text, 'en')).spoken;
  for (const [text, expected] of [
    ['See https://www.example.com/a/b?c=d#e.', 'See example.com.'],
    ['www.lipwire.org/docs, please', 'lipwire.org, please'],
    ['(http://user@host.net:8080/x)', '(host.net)'],
    ['𝓗𝓮𝓵𝓵𝓸 𝐖𝐨𝐫𝐥𝐝', 'Hello World'],
    ['Ｈｅｌｌｏ １２３', 'Hello 123'],
    ['Ⓗⓘ ℍ', 'Hi H'],
    ['He said "maybe". Then he left.', 'He said maybe." Then he left.'.replace('maybe', '"maybe')],
    ['He said "maybe". then he left.', 'He said "maybe." then he left.'],
    ['Run `code`. Then (yes).', 'Run `code. Then (yes.)'],
    ['a (b), c', 'a (b,) c'],
    ['AT&T and Node.js stay.', 'AT&T and Node.js stay.'],
  ] as const) {
    it(`${text} is spoken ${expected}`, () => assert.equal(spoken(text), expected));
  }

  it('come back as they were written in the cues of words', () => {
    const text = 'Costs $5.20, see https://x.org/a.';
    const rewriting = rewrite(text, [
      { start: 6, end: 11, spoken: 'five dollars twenty' },
      ...normalise(text, 'en'),
    ]);
    assert.equal(rewriting.spoken, 'Costs five dollars twenty, see x.org.');
    const words = ['Costs', 'five', 'dollars', 'twenty', 'see', 'x.org'];
    const cues = words.map((value, index) => ({
      type: 'word' as const,
      value,
      start: index,
      end: index + 1,
    }));
    assert.deepEqual(
      cuesAsWritten(cues, rewriting).map(({ value, start, end }) => [value, start, end]),
      [
        ['Costs', 0, 1],
        ['$5.20', 1, 4],
        ['see', 4, 5],
        ['https://x.org/a', 5, 6],
      ],
    );
  });
});
