import assert from 'node:assert/strict';
import fc from 'fast-check';
import { chunks } from '../../src/tts/chunks';
import { editDistance, nearest } from '../../src/contract';
import { isStop, toIpa } from '../../src/tts/espeak/speak';
import { plainText } from '../../src/tts/espeak/plain-text';
import { findWords } from '../../src/tts/words';

describe('plain text for eSpeak', () => {
  for (const [written, spoken] of [
    ['a < b & c', 'a &lt; b &amp; c'],
    ['[[x]]', '((x))'],
    ['a\u0001\u0007b', 'a  b'],
    ['co\u00ADop \u202Bx\u202C', 'coop x'],
    ['e\u0301', 'é'],
    ['\u1112\u1161\u11ab', '한'],
    ['Ｈｉ１', 'Hi1'],
    ['*** * x*y **b** C++ #1', '      x*y   b   C++ #1'],
    ['# Title\n- item\n=====', '  Title\n  item\n     '],
    ['x\ud800y', 'x y'],
  ] as const) {
    it(`of ${JSON.stringify(written)} is ${JSON.stringify(spoken)}`, () => {
      assert.equal(plainText(written).spoken, spoken);
    });
  }

  it('knows where each of its characters came from', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const { spoken, origins } = plainText(text);
        assert.equal(origins.length, [...spoken].length);
        origins.forEach((origin, i) => {
          assert.ok(origin >= (origins[i - 1] ?? 0) && origin < text.length);
        });
        assert.doesNotMatch(spoken, /[\0-\x09\x0b-\x1f<]|\[/);
      }),
    );
    assert.deepEqual(plainText('a<b').origins, [0, 1, 1, 1, 1, 2]);
  });
});

describe('chunks of a long text', () => {
  it('are the text again, short enough, and whole characters', () => {
    const bit = fc.constantFrom('word ', '. ', ', ', '\n\n', '。', '😀', 'e\u0301', 'aaaaaaaa');
    fc.assert(
      fc.property(
        fc.array(bit, { maxLength: 80 }),
        fc.integer({ min: 20, max: 60 }),
        (parts, n) => {
          const text = parts.join('');
          const cut = chunks(text, n).map((chunk) => chunk.text);
          assert.equal(cut.join(''), text);
          assert.ok(
            cut.every((chunk) => chunk.length <= n && !/^[\udc00-\udfff\u0301]/.test(chunk)),
          );
        },
      ),
    );
  });

  it('end at paragraphs, else sentences, else clauses, else words', () => {
    const ends = (text: string): string | undefined => chunks(text, 40)[0]?.end;
    assert.equal(ends('One two three. Four five six.\n\nSeven, eight nine ten'), 'paragraph');
    assert.equal(ends('One two three four five. Six, seven eight nine ten'), 'sentence');
    assert.equal(ends('One two three four five six, seven eight nine ten'), 'clause');
    assert.equal(ends('One two three four five six seven eight nine ten'), 'word');
    assert.equal(chunks('short', 40).length, 1);
  });
});

describe('words as written', () => {
  it('are found by position and lose only outer punctuation', () => {
    const found = findWords('He said: "It’s $5.50!" (twice)…');
    assert.equal(found.count, 5);
    assert.deepEqual(
      [0, 1, 2, 3, 4].map((n) => found.text(n, n + 1)),
      ['He', 'said', 'It’s', '$5.50', 'twice'],
    );
    assert.equal(found.at(0), 0);
    assert.equal(found.at(10), 2);
    assert.equal(found.at(9999), 4);
    assert.equal(found.text(0, 2), 'He said');
  });

  it('are told apart in scripts without spaces', () => {
    const found = findWords('你好世界');
    assert.deepEqual([found.count, found.text(0, 1), found.text(1, 2)], [2, '你好', '世界']);
  });
});

describe('phonemes', () => {
  for (const [reported, language, ipa] of [
    ['ˈoʊ', 'en-us', 'ˈoʊ'],
    ['(en)', 'ar', ''],
    ['', 'en-us', ''],
    ['ˈi.', 'cmn', 'ˈɨ'],
    ['ts.h', 'cmn', 'ʈʂʰ'],
    ['a.', 'ar', 'ɑ'],
    ['t̪', 'ar', 't̪ˤ'],
    ['t̪', 'vi', 't̪'],
    ['ə-', 'fr-fr', 'ə'],
    ['s-', 'ko', 's͈'],
    ['1', 'fa', ''],
    ['ˈɔːɹ\uFFFD', 'en-us', 'ˈɔːɹ'],
  ] as const) {
    it(`reported as "${reported}" (${language}) are "${ipa}"`, () => {
      assert.equal(toIpa(reported, language), ipa);
    });
  }

  it('are stops when the mouth or the throat closes', () => {
    assert.deepEqual(['p', 'ˈt', 'tʃ', 'kʰ', 'm', 'ˈa', 's'].map(isStop), [
      ...[true, true, true, true],
      ...[false, false, false],
    ]);
  });
});

describe('suggestions', () => {
  it('are the nearest names', () => {
    assert.equal(editDistance('kitten', 'sitting'), 3);
    assert.equal(editDistance('', 'abc'), 3);
    const names = ['en-us', 'en-gb', 'ar', 'de', 'fr-fr'];
    assert.deepEqual(nearest('en-uk', names, 2), ['en-us', 'en-gb']);
    assert.deepEqual(nearest('FR', names, 1), ['fr-fr']);
  });
});
