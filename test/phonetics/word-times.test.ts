import assert from 'node:assert/strict';
import type { Cue } from '../../src/contract';
import { soundsOfWords } from '../../src/phonetics/word-times';

const cue = (type: Cue['type'], value: string, start: number, end: number): Cue => ({
  ...{ type, value, start, end },
});
const READING = [
  cue('word', 'Hi', 0, 0.2),
  ...[cue('phoneme', 'h', 0, 0.05), cue('phoneme', 'aɪ', 0.05, 0.2)],
  cue('word', 'you', 0.3, 0.5),
  ...[cue('phoneme', 'j', 0.3, 0.4), cue('phoneme', 'uː', 0.4, 0.5)],
];
const told = (cues: Cue[]) =>
  cues.map(({ value, start, end }) => `${value} ${start.toFixed(2)} ${end.toFixed(2)}`);

describe('Sounds of words whose times are known', () => {
  it('are those of a reading, stretched to each word', () => {
    const timed = [cue('word', 'Hi,', 1, 1.4), cue('word', 'you!', 2, 2.1)];
    assert.deepEqual(told(soundsOfWords(timed, READING)), [
      ...['Hi, 1.00 1.40', 'h 1.00 1.10', 'aɪ 1.10 1.40'],
      ...['you! 2.00 2.10', 'j 2.00 2.05', 'uː 2.05 2.10'],
    ]);
  });

  it('pass over words that only one of both has', () => {
    const timed = [cue('word', 'Well', 0, 0.1), cue('word', 'YOU', 1, 1.2), cue('word', 'x', 2, 3)];
    assert.deepEqual(told(soundsOfWords(timed, READING)), [
      ...['Well 0.00 0.10', 'YOU 1.00 1.20', 'j 1.00 1.10', 'uː 1.10 1.20', 'x 2.00 3.00'],
    ]);
    assert.deepEqual(soundsOfWords([], READING), []);
    assert.deepEqual(soundsOfWords(timed, []), timed);
  });
});
