import assert from 'node:assert/strict';
import fc from 'fast-check';
import { captionsOf, webVtt, columns, iso639 } from '../../src/av/captions';

describe('captions', () => {
  it('have at most two lines of 42 columns, lose no letter and fill the time without a gap', () => {
    const texts = fc.oneof(fc.string({ unit: 'grapheme' }), fc.lorem({ maxCount: 60 }));
    fc.assert(
      fc.property(texts, fc.double({ min: 0, max: 1000, noNaN: true }), (text, start) => {
        const captions = captionsOf(text, start, start + 10);
        for (const { lines } of captions) {
          assert.ok(lines.length <= 2 && lines.every((line) => columns(line) <= 42));
        }
        const letters = (value: string): string => value.replace(/[\p{Cc}\s\ufffd]/gu, '');
        const shown = captions.flatMap(({ lines }) => lines).join('');
        assert.equal(letters(shown), letters(text));
        captions.forEach((caption, index) => {
          assert.equal(caption.start, index === 0 ? start : captions[index - 1]?.end);
          assert.ok(caption.end > caption.start);
        });
        if (captions.length > 0)
          assert.ok(Math.abs((captions.at(-1)?.end ?? 0) - start - 10) < 1e-9);
      }),
    );
  });

  it('cannot break out of their cue, whatever the text', () => {
    const nasty = fc.string({ unit: fc.constantFrom('-', '>', '<', '&', '\n', '\r', ' ', 'a') });
    fc.assert(
      fc.property(nasty, (text) => {
        const file = webVtt(captionsOf(text, 0, 1));
        const body = file.split('\n\n').slice(1);
        for (const cue of body) {
          const [stamp, ...lines] = cue.trimEnd().split('\n');
          assert.match(stamp ?? '', /^\d\d:\d\d:\d\d\.\d{3} --> \d\d:\d\d:\d\d\.\d{3}$/);
          assert.ok(lines.length >= 1 && lines.length <= 2);
          assert.ok(lines.every((line) => !/-->|<|>/.test(line)));
        }
      }),
    );
  });

  it('stand on their own in the file, with times up to hours', () => {
    const captions = [{ start: 3599.9996, end: 3661.5, lines: ['A & B', '<i>'] }];
    assert.equal(
      webVtt(captions),
      'WEBVTT\n\n01:00:00.000 --> 01:01:01.500\nA &amp; B\n&lt;i&gt;\n',
    );
  });
});

describe('language codes of MP4', () => {
  it('are ISO 639-2 for BCP 47 tags', () => {
    const cases = {
      'en-GB': 'eng',
      ar: 'ara',
      de_AT: 'deu',
      yue: 'yue',
      'zh-Hant': 'zho',
      xx: 'und',
    };
    for (const [tag, code] of Object.entries(cases)) assert.equal(iso639(tag), code);
    assert.equal(iso639(undefined), 'und');
    assert.equal(iso639('constructor'), 'und');
  });
});
