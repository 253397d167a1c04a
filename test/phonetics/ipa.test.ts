import assert from 'node:assert/strict';
import { parseIpa } from '../../src/phonetics/ipa';
import { visemeOf } from '../../src/phonetics/visemes';

const only = (text: string) => {
  const [segment, ...others] = parseIpa(text);
  assert.ok(segment, `${text} has no segment`);
  assert.equal(others.length, 0, `${text} has several segments`);
  return visemeOf(segment).target;
};

describe('IPA', () => {
  it('reads diphthongs and affricates as two segments', () => {
    for (const text of ['aɪ', 'ˈoʊ', 'tʃ', 'd͡ʒ', 'pf', 'ts.h'.slice(0, 2)]) {
      assert.equal(parseIpa(text).length, 2, text);
    }
  });

  it('passes over tones, ties, pauses and changes of voice', () => {
    for (const text of ['', '_', '_:', '(en)', '(cmn)', '1', '˥˩', '|', ' ']) {
      assert.deepEqual(parseIpa(text), [], text);
    }
  });

  it('gives stressed and long vowels more length', () => {
    const [plain, stressed, long] = ['a', 'ˈa', 'aː'].map((text) => parseIpa(text)[0].length);
    assert.ok(stressed > plain && long > plain);
  });

  it('keeps emphatic, aspirated and palatalised consonants what they are', () => {
    for (const [marked, plain] of [
      ['tˤ', 't'],
      ['dˤ', 'd'],
      ['kʰ', 'k'],
      ['mʲ', 'm'],
      ['s̪', 's'],
    ] as const) {
      assert.deepEqual(only(marked), only(plain), marked);
    }
  });

  it('knows composed and decomposed letters alike', () => {
    assert.deepEqual(only('ç'), only('c\u0327'));
    assert.deepEqual(only('ã'), only('a\u0303'));
  });
});

describe('mouth shapes', () => {
  it('close the lips for every bilabial stop and nasal, in whatever language', () => {
    for (const text of ['m', 'b', 'p', 'pʰ', 'bʰ', 'mʲ', 'ɓ', 'm̩']) {
      assert.equal(only(text).closure, 1, text);
      assert.equal(only(text).open, 0, text);
    }
  });

  it('do not close them for anything else', () => {
    for (const text of [
      'n',
      'd',
      't',
      'k',
      'q',
      'ħ',
      'ʕ',
      's',
      'w',
      'l',
      'r',
      'a',
      'i',
      'f',
      'β',
    ]) {
      assert.equal(only(text).closure, 0, text);
    }
  });

  it('put the lower lip to the teeth for f and v', () => {
    for (const text of ['f', 'v', 'ʋ', 'ɱ']) assert.equal(only(text).tuck, 1, text);
    assert.equal(only('s').tuck, 0);
  });

  it('round the lips for u, o, w and y, and draw them wide for i and e', () => {
    for (const text of ['u', 'uː', 'o', 'w', 'y', 'ø', 'ʊ']) {
      assert.ok(only(text).round > 0.5, text);
      assert.equal(only(text).wide, 0, text);
    }
    for (const text of ['i', 'iː', 'e', 'ɪ']) {
      assert.ok(only(text).wide > 0.4, text);
      assert.equal(only(text).round, 0, text);
    }
  });

  it('lower the jaw with the height of the vowel', () => {
    for (const row of [
      ['i', 'e', 'ɛ', 'a'],
      ['u', 'o', 'ɔ', 'ɒ'],
    ]) {
      const jaws = row.map((text) => only(text).jaw);
      assert.deepEqual(
        [...jaws].sort((a, b) => a - b),
        jaws,
      );
      assert.ok(jaws.at(-1)! > jaws[0] + 0.3);
    }
  });

  it('stay within 0 and 1', () => {
    for (const letter of 'iyɨʉɯuɪʏʊeøɘɵɤoəɛœɜɞʌɔæɐaɶɑɒpbmfvθðtdnszʃʒɹlkɡŋxɣħʕhʔqχʁwjɥ') {
      for (const text of [letter, `ˈ${letter}ː`, `ˈ${letter}ːːʷ`]) {
        for (const value of Object.values(visemeOf(parseIpa(text)[0]).target)) {
          assert.ok(value >= 0 && value <= 1, text);
        }
      }
    }
  });
});
