import assert from 'node:assert/strict';
import fc from 'fast-check';
import { countGraphemes } from '../../src/phonetics/spans';
import { segmentText, type SegmentOptions } from '../../src/text/run';

const OPTIONS: SegmentOptions = { split: 'sentence', maxLength: 240, language: '' };

async function split(text: string, options: Partial<SegmentOptions> = {}): Promise<string[]> {
  const segments = await segmentText(text, { ...OPTIONS, ...options });
  return segments.map((segment) => segment.text);
}

/** Sentences as they should come out, separated by ` | ` (which stands for a space) or `|` (nothing). */
const SENTENCES: Record<string, string[]> = {
  'titles and initials': [
    'Dr. Smith met Mr. J. R. R. Tolkien. | He bowed.',
    'J.-P. Sartre wrote it. | Prof. X taught Gen. Lee.',
    'А. С. Пушкин родился в 1799 г. в Москве. | Он писал.',
    'د. أحمد هنا. | نعم.',
  ],
  'abbreviations that may end a sentence': [
    'He lives in the U.S. | He works. | The U.S. Army came.',
    'It opens at 9 a.m. | The shop is on Main St. | We met at 3 p.m. on Monday.',
    'Apples, pears etc. are fruit. | We sell bread etc. | Come in.',
    'Acme Inc. bought Widget Ltd. | It paid well.',
  ],
  'abbreviations before a number': [
    'No. 5 is alive. | No. | Never!',
    'See Fig. 3 and pp. 7 to 9. | Vol. 2 is out.',
    'Plan B. | Then we go. | Version 2. | The next one.',
  ],
  German: [
    'Am 3. Oktober kam z. B. Herr Dr. Müller, d.h. der Chef usw. | Er ging. | Das 19. Jahrhundert war lang.',
    'Bzw. Nr. 7 u. a. Dinge. | Ende.',
  ],
  'German ordinals and titles': [
    'Der 1. FC Köln hat gewonnen. | Am 1. Advent ruht er. | Im 19. Jh. war es anders.',
    'Heute kommt Dr. med. Müller. | Prof. Dr. rer. nat. Schulz fehlt.',
    'Der Zug hält am Hbf. Köln. | Wir treffen uns am Hbf. | Dann gehen wir.',
    'Er kam am 3. | Dann ging er. | Die 2. Bundesliga beginnt. | Zum 100. Mal!',
    'Es waren 15. | Karl blieb. | Zum 5. Todestag kam die 3. Symphonie.',
  ],
  'Portuguese, Italian and Dutch': [
    'Moro na Av. Paulista. | O Sr. Silva e a Dra. Costa vieram. | O Eng. Souza saiu.',
    'Abito in Via Roma 5, int. 3. | Suonare due volte. | Il Dott. Rossi e la Sig.ra Bianchi.',
    'Dhr. Jansen en mevr. De Vries zijn er. | Drs. Bakker ook, o.a. Kees.',
  ],
  'French addresses and years': [
    "J'habite bd. Voltaire. | Rome en 52 av. J.-C. était grande. | Elle part.",
    'La Cie. Dupont est av. Foch. | St. Louis fut roi.',
  ],
  'Polish, Swedish and Ukrainian': [
    'Mieszka przy ul. Długiej, np. Jan. | To jest św. Piotr.',
    'Vi har t.ex. Anna. | Det är kl. 5.',
    'Він живе на вул. Шевченка. | Так.',
  ],
  'French and Spanish': [
    'M. Dupont et Mme. Curie sont là, p.ex. ici. | «Bonjour.» | Elle part.',
    'Le Sr. García y la Dra. Ruiz llegaron. | ¿Qué? | ¡Sí!',
  ],
  numbers: ['It costs $5.50, i.e. 1.5 times 3.67. | Yes.', 'Der 12. 10. 2020 war gut. | Ja.'],
  ellipses: [
    'Wait... what? | Well... I think so. | He left... | Then came back.',
    'Hmm… | Then we went. | So… yes.',
  ],
  'quotes and brackets': [
    'He said "Go!" and left. | "Is it?" he asked. | "Yes." | She nodded.',
    '“Hi.” | She left. | (He came. | She left.) | He said (Wow! Great!) and left.',
  ],
  'times and units': [
    'Alarm at 7 a.m. | Good morning! | See you at 5 p.m. EST on Monday.',
    'It is 21.5 °C. | Door 3 is open. | Take vitamin C. | It helps.',
  ],
  'speech that goes on': ['"Why?" I asked. | "Because." | "Stop!" he cried.'],
  addresses: [
    'Visit https://x.org/a?b=1. | Then mail foo.bar@baz.co.uk! | Use Node.js v1.2.3. | OK?',
    'Go to www.example.com/a.html?q=Is+it!#x now. | Done.',
  ],
  Arabic: ['كيف حالك؟ | أنا بخير۔ | قال: "مرحبا!" | وذهب.'],
  Chinese: ['你好。|「你好。」|他说。|真的？！|太好了！|（是的。）|再见……走吧。'],
  Japanese: ['「はい。」と言った。|すごい！|本当？'],
  Hindi: ['नमस्ते। | आप कैसे हैं? | ठीक॥ | हाँ।'],
  'text without capitals': ['hello. how are you. i am fine! | are you?'.replace(/\. /g, '. | ')],
};

describe('text is split into sentences', () => {
  for (const [name, cases] of Object.entries(SENTENCES)) {
    it(`right for ${name}`, async () => {
      for (const marked of cases) {
        const expected = marked.split(/ ?\| ?/);
        const text = marked.replaceAll(' | ', ' ').replaceAll('|', '');
        assert.deepEqual(await split(text), expected);
      }
    });
  }

  it('with list items on lines of their own', async () => {
    const text = 'Shopping:\n1. First item\n2. Second item. With more.\n- bullet one\n- bullet two';
    assert.deepEqual(await split(text), [
      'Shopping:',
      '1. First item',
      '2. Second item.',
      'With more.',
      '- bullet one',
      '- bullet two',
    ]);
  });

  it('across lines that were only wrapped', async () => {
    const text =
      'A line of text that was wrapped by a program for e-mail\nand goes on here.\nNext.';
    assert.deepEqual(await split(text), [
      'A line of text that was wrapped by a program for e-mail\nand goes on here.',
      'Next.',
    ]);
  });

  it('that each have something to say', async () => {
    assert.deepEqual(await split('😀 *** Hello 😀. World! 🎉 !!!'), [
      '😀 *** Hello 😀.',
      'World! 🎉 !!!',
    ]);
    assert.deepEqual(await split('One.\n\n* * *\n\nTwo.'), ['One.\n\n* * *', 'Two.']);
    assert.deepEqual(await split('---\n\nOne.'), ['---\n\nOne.']);
  });
});

describe('text is split by lines and paragraphs', () => {
  const text = 'One. Two.\nThree.\r\n\r\nFour.\u2029Five.';

  it('at every line when asked to', async () => {
    assert.deepEqual(await split(text, { split: 'line' }), [
      'One. Two.',
      'Three.',
      'Four.',
      'Five.',
    ]);
  });

  it('at blank lines only when asked to', async () => {
    assert.deepEqual(await split(text, { split: 'paragraph' }), [
      'One. Two.\nThree.',
      'Four.',
      'Five.',
    ]);
  });

  it('and says where a paragraph ends', async () => {
    const segments = await segmentText(text, OPTIONS);
    const ends = segments.filter((segment) => segment.endsParagraph);
    assert.deepEqual(
      ends.map((segment) => segment.text),
      ['Three.', 'Four.', 'Five.'],
    );
  });
});

describe('over-long sentences are cut', () => {
  it('at clauses, the stronger the better', async () => {
    const text =
      'The committee, which had met since the morning, found that the proposal could not be accepted; instead, it asked for a new one, as soon as possible.';
    const pieces = await split(text, { maxLength: 100 });
    assert.deepEqual(pieces, [
      'The committee, which had met since the morning, found that the proposal could not be accepted;',
      'instead, it asked for a new one, as soon as possible.',
    ]);
  });

  it('between words where there are no clauses', async () => {
    const pieces = await split('one two three four five six seven eight nine ten', {
      maxLength: 20,
    });
    assert.deepEqual(pieces.join(' '), 'one two three four five six seven eight nine ten');
    assert.ok(
      pieces.every((piece) => piece.length <= 20),
      pieces.join('|'),
    );
  });

  it('between the words of a script without spaces', async () => {
    const words = [
      'สวัสดี',
      'ชาว',
      'โลก',
      'วันนี้',
      'อากาศ',
      'ดี',
      'มาก',
      'และ',
      'เรา',
      'จะ',
      'ไป',
      'เที่ยว',
      'ทะเล',
    ];
    const pieces = await split(words.join(''), { maxLength: 20 });
    assert.ok(pieces.length > 1);
    let at = 0;
    const starts = new Set(words.map((word) => (at += word.length) - word.length));
    at = 0;
    for (const piece of pieces) {
      assert.ok(starts.has(at), `cut inside a word before ${piece}`);
      at += piece.length;
    }
  });

  it('never inside a family of emoji or a letter with marks', async () => {
    const family = '👨‍👩‍👧‍👦';
    const text = `a${family}`.repeat(60) + 'é́́'.repeat(60);
    const pieces = await split(text, { maxLength: 25 });
    const graphemes = (part: string): string[] =>
      [...new Intl.Segmenter('en').segment(part)].map(({ segment }) => segment);
    assert.ok(pieces.length > 5);
    assert.deepEqual(pieces.flatMap(graphemes), graphemes(text));
  });
});

describe('segments carry a language', () => {
  const languages = async (text: string, language = ''): Promise<(string | undefined)[]> =>
    (await segmentText(text, { ...OPTIONS, language })).map((segment) => segment.language);

  it('by the script of each', async () => {
    assert.deepEqual(await languages('Hello. مرحبا. Привет.'), [undefined, 'ar', 'ru']);
  });

  it('of the whole text where they have only digits or the same script', async () => {
    assert.deepEqual(await languages('すごいですね。本当？ 25!'), ['ja', 'ja', 'ja']);
  });

  it('of the whole text: Chinese and Japanese voices read Latin words, not the reverse', async () => {
    assert.deepEqual(await languages('Windows用户请注意。今天更新。'), ['cmn', 'cmn']);
    assert.deepEqual(await languages('NVIDIAのGPUを使います。'), ['ja']);
    assert.deepEqual(await languages('今天更新。Windows Update. 请注意。'), ['cmn', 'cmn', 'cmn']);
    assert.deepEqual(await languages('iPhoneとMacBookを買う。OK! GPU。'), ['ja', 'ja', 'ja']);
    assert.deepEqual(await languages('새 MacBook Pro 출시. Apple.'), ['ko', 'ko']);
    assert.deepEqual(await languages('The word 你好 means hello in Chinese.'), [undefined]);
  });

  it('that was set, whatever the script', async () => {
    assert.deepEqual(await languages('Hello. مرحبا.', 'de'), ['de', 'de']);
  });
});

describe('text that cannot be spoken', () => {
  for (const text of ['', '   \n\t ', '...', '?!', '— « »', '\u0000\u0007', '\ud800']) {
    it(`is refused in one sentence: ${JSON.stringify(text)}`, async () => {
      await assert.rejects(split(text), {
        code: 'E_INPUT',
        message: /^[^\n]*something to say[^\n]*\.$/,
      });
    });
  }

  it('is not an emoji alone, which voices can name', async () => {
    assert.deepEqual(await split('👍'), ['👍']);
  });
});

describe('any text at all', () => {
  const scripts = [
    'Hello Dr. No. 5 e.g. U.S. "A" (b) [c] 3.14 x@y.z http://a.b/c?d=e! I. V. ',
    'مرحبا، د. أحمد؟ ۔ ٢٥ ',
    '你好。「是」！？（的）、；',
    'はい。カタカナ漢字 ',
    'नमस्ते। ॥ ',
    'สวัสดีชาวโลก ',
    '안녕 ᄒ',
    'é́ ñ ß Ｆ　',
    '👨‍👩‍👧🇩🇪👍🏽😀',
    '\n\r\n\u2028\u2029\u0085\t\u00a0\u200b\ufeff',
    '\u0000\u0007\ud800\udc00\ud83d_*#-—…...!?;:,',
  ].flatMap((script) => [...script, ...script.split(' ')].filter(Boolean));
  const text = fc
    .array(fc.oneof(fc.constantFrom(...scripts), fc.constant(' '), fc.string({ unit: 'binary' })), {
      maxLength: 120,
    })
    .map((parts) => parts.join(''));
  const bare = (value: string): string => value.replace(/[\s\u0085]+/g, '');

  for (const mode of ['sentence', 'line', 'paragraph'] as const) {
    it(`comes back from its segments, white space aside (${mode})`, async () => {
      await fc.assert(
        fc.asyncProperty(text, fc.integer({ min: 20, max: 80 }), async (value, maxLength) => {
          const prefixed = `a ${value}`;
          const segments = await split(prefixed, { split: mode, maxLength });
          assert.equal(bare(segments.join('')), bare(prefixed));
          for (const segment of segments) {
            assert.match(segment, /[\p{L}\p{N}]/u);
            assert.equal(segment, segment.trim());
          }
        }),
        { numRuns: 200 },
      );
    });
  }

  it('gives no segment longer than allowed, signs without a word aside', async () => {
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 20, max: 60 }), async (value, maxLength) => {
        for (const segment of await split(`a ${value}`, { maxLength })) {
          const spoken = segment.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '');
          const wordless = /[^\p{L}\p{N}]{20}/u.test(segment);
          assert.ok(wordless || countGraphemes(spoken) <= maxLength, segment);
        }
      }),
      { numRuns: 200 },
    );
  });

  for (const [name, unit] of [
    ['English', 'Dr. Smith said that the quick brown fox jumps over the lazy dog. He left! '],
    ['Hindi', 'नमस्ते आप कैसे हैं मैं ठीक हूँ। '],
    ['one word', 'a'],
    ['full stops', '.'],
    ['brackets', '('],
    ['lines', 'a\n'],
  ] as const) {
    it(`is split in a time that grows no faster than its length: a megabyte of ${name}`, async function () {
      // The segmenter alone would take over 20 s for a megabyte; the limit is mocha's own.
      this.timeout(10_000);
      const long = `a ${unit.repeat(1_000_000 / unit.length)} a`;
      const segments = await split(long);
      assert.equal(bare(segments.join('')).length, bare(long).length);
    });
  }

  it('can be cancelled', async () => {
    const long = 'Hello there.\n\n'.repeat(60_000);
    await assert.rejects(segmentText(long, OPTIONS, AbortSignal.abort()), { code: 'E_CANCELLED' });
  });
});
