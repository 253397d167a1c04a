import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Coarticulation, gesturesOf } from '../../src/lipsync/builtin/mouth-shapes';
import type { Cue } from '../../src/contract';

/** Cues of equal length, one after the other. */
function cuesOf(phonemes: readonly string[], length = 0.08): Cue[] {
  return phonemes.map((value, i) => ({
    type: 'phoneme',
    value,
    start: i * length,
    end: (i + 1) * length,
  }));
}

const FRAME = 1 / 25;

describe('gestures', () => {
  it('share the time of a cue among its segments, without gap or overlap', () => {
    const gestures = gesturesOf(cuesOf(['aɪ', 'tʃ', 'm']));
    assert.equal(gestures.length, 5);
    gestures.slice(1).forEach((gesture, i) => {
      assert.ok(Math.abs(gesture.start - gestures[i].end) < 1e-9);
    });
  });

  it('leave out words, pauses and cues without length', () => {
    const cues: Cue[] = [
      { type: 'word', value: 'mama', start: 0, end: 1 },
      { type: 'phoneme', value: '_:', start: 0, end: 1 },
      { type: 'phoneme', value: 'a', start: 1, end: 1 },
    ];
    assert.deepEqual(gesturesOf(cues), []);
  });
});

describe('coarticulation', () => {
  it('closes the lips at m, b and p between the most open vowels, in a frame that one sees', () => {
    for (const bilabial of ['m', 'b', 'p']) {
      for (const length of [0.03, 0.06, 0.12]) {
        for (const fps of [23.976, 25, 30, 60]) {
          const curve = new Coarticulation(
            gesturesOf(cuesOf(['ɑː', bilabial, 'ɑː'], length)),
            1 / fps,
          );
          const frames = Array.from({ length: Math.ceil(3 * length * fps) + 1 }, (_, i) =>
            curve.at(i / fps),
          );
          const least = Math.min(...frames.map(({ open, closure }) => open * (1 - closure)));
          assert.ok(least < 0.05, `${bilabial} of ${length} s at ${fps} fps: ${least}`);
        }
      }
    }
  });

  it('moves the mouth with every syllable, in Arabic as in English', () => {
    const words: [string, string[]][] = [
      ['Arabic', ['k', 'i', 't', 'aː', 'b', 'i', 'n', 'ʕ', 'a', 'rˤ', 'i', 'dˤ', 'u', 'q']],
      ['Arabic', ['h', 'aː', 'ð', 'a', 't', 'tˤ', 'iː', 'n', 'u', 'ħ', 'i', 'l', 'l', 'uː', 's']],
      ['English', ['s', 'ɪ', 't', 'iː', 'd', 'ʌ', 'z', 'k', 'iː', 'n', 'l', 'uː', 'k', 'ɪ', 'ŋ']],
    ];
    for (const [language, phonemes] of words) {
      const length = 0.075;
      const curve = new Coarticulation(gesturesOf(cuesOf(phonemes, length)), FRAME);
      const opennessOf = (i: number) => {
        const { open, closure } = curve.at((i + 0.5) * length);
        return open * (1 - closure);
      };
      const isVowel = (i: number) => /[aiuɪʌ]/.test(phonemes[i]);
      const isThroat = (i: number) => /[ʕħh]/.test(phonemes[i]);
      phonemes.forEach((_, i) => {
        if (!isVowel(i)) return;
        for (const other of [i - 1, i + 1]) {
          if (!phonemes[other] || isVowel(other) || isThroat(other)) continue;
          const [here, there] = [opennessOf(i), opennessOf(other)];
          assert.ok(here > there + 0.02, `${language} ${i}: ${here} beside ${there}`);
        }
      });
    }
  });

  it('leaves the lips to the vowels at sounds of the throat, and treats emphatic sounds alike', () => {
    const at = (consonant: string) =>
      new Coarticulation(gesturesOf(cuesOf(['a', consonant, 'a'])), FRAME).at(0.12).open;
    for (const throat of ['ʔ', 'ʕ', 'ħ', 'h']) assert.ok(at(throat) > at('k') + 0.05, throat);
    for (const plain of ['t', 'd', 's', 'ð']) assert.equal(at(`${plain}ˤ`), at(plain));
  });

  it('rounds the lips ahead of a rounded vowel', () => {
    const at = (vowel: string) =>
      new Coarticulation(gesturesOf(cuesOf(['s', 't', vowel])), FRAME).at(0.12).round;
    assert.ok(at('u') > at('i') + 0.1);
  });

  it('carries a shape over into what follows', () => {
    const at = (vowel: string) =>
      new Coarticulation(gesturesOf(cuesOf([vowel, 'k', 'k'])), FRAME).at(0.12).open;
    assert.ok(at('a') > at('u'));
  });

  it('reaches a vowel in its middle', () => {
    const curve = new Coarticulation(gesturesOf(cuesOf(['t', 'aː', 't'], 0.15)), FRAME);
    assert.ok(curve.at(0.225).open > 0.85);
  });

  it('gives the same whether time runs forth or back', () => {
    const curve = new Coarticulation(gesturesOf(cuesOf([...'mamabufitalu'])), FRAME);
    const times = Array.from({ length: 30 }, (_, i) => i * 0.033);
    const forth = times.map((time) => curve.at(time));
    const back = [...times].reverse().map((time) => curve.at(time));
    assert.deepEqual(forth, back.reverse());
  });

  it('is smooth and stays within 0 and 1 for any phonemes', () => {
    const phoneme = fc.constantFrom(...'aiueoəmbpfvszʃtdnlkwjhrɹħʕq', 'aɪ', 'tʃ', '_');
    fc.assert(
      fc.property(fc.array(phoneme, { minLength: 1, maxLength: 12 }), (phonemes) => {
        const curve = new Coarticulation(gesturesOf(cuesOf(phonemes)), FRAME);
        let before = curve.at(0);
        for (let time = 0.005; time < phonemes.length * 0.08; time += 0.005) {
          const shape = curve.at(time);
          for (const [channel, value] of Object.entries(shape)) {
            assert.ok(value >= 0 && value <= 1 + 1e-9, `${channel} is ${value}`);
            const step = Math.abs(value - before[channel as keyof typeof shape]);
            assert.ok(step < 0.3, `${channel} jumps by ${step}`);
          }
          before = shape;
        }
      }),
      { numRuns: 60 },
    );
  });
});
