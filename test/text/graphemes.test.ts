import assert from 'node:assert/strict';
import fc from 'fast-check';
import { countGraphemes, endOfGraphemes, isGraphemeEnd } from '../../src/phonetics/spans';

const reference = (text: string): string[] =>
  [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)].map((g) => g.segment);

describe('graphemes', () => {
  const text = fc.array(
    fc.constantFrom('a', ' ', 'é', '\u0301', '👨‍👩‍👧', '🇩🇪', '👍🏽', '\r\n', 'नि', 'ก็', '각', '한'),
    { maxLength: 60 },
  );

  it('are counted like the segmenter does', () => {
    fc.assert(
      fc.property(text, (parts) => {
        const joined = parts.join('');
        assert.equal(countGraphemes(joined), reference(joined).length);
      }),
    );
  });

  it('are counted off to the end of the last one, also in long texts', () => {
    fc.assert(
      fc.property(text, fc.nat(400), (parts, limit) => {
        const joined = parts.join('').repeat(20);
        const expected = reference(joined).slice(0, limit).join('').length;
        assert.equal(endOfGraphemes(joined, limit), expected);
      }),
    );
  });

  it('are not counted twice where a long text is cut inside a pair of surrogates', () => {
    for (let lead = 480; lead < 520; lead++) {
      const text = 'a'.repeat(lead) + '👨‍👩‍👧'.repeat(8);
      assert.equal(endOfGraphemes(text, lead + 4), lead + 4 * '👨‍👩‍👧'.length);
    }
  });

  it('have ends only between them', () => {
    const family = '👨‍👩‍👧';
    assert.equal(isGraphemeEnd(`a${family}`, 1), true);
    assert.equal(isGraphemeEnd(`a${family}`, 3), false);
    assert.equal(isGraphemeEnd('e\u0301', 1), false);
    assert.equal(isGraphemeEnd('ab', 2), true);
  });
});
