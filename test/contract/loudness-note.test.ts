import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { LoudnessNote } from '../../src/contract';
import { noteInWords } from '../../src/loudness/normalise';
import { LANGUAGES } from '../support/languages';

const NODE = path.resolve(__dirname, '../../nodes/loudnorm');

/** One of each, with the sentence that flows are told. */
const NOTES: { [T in LoudnessNote['type']]: [Extract<LoudnessNote, { type: T }>, string] } = {
  silent: [{ type: 'silent' }, 'silent or below -70 LUFS: left as it was'],
  clipped: [
    { type: 'clipped', samples: 12, places: 1 },
    'came clipped: 12 samples at full scale in one place',
  ],
  notNumbers: [{ type: 'notNumbers', values: 2 }, '2 values that are not numbers became silence'],
  offset: [{ type: 'offset', percent: 3.14159 }, 'a constant offset of 3.1 % was removed'],
  short: [
    { type: 'short' },
    'shorter than 0.4 s: set by its mean level, as it has no integrated loudness',
  ],
  levelled: [
    { type: 'levelled', before: 20.04, range: 7 },
    'loudness range 20.0 LU evened out to 7 LU',
  ],
  limited: [{ type: 'limited', decibels: 2.25 }, 'peaks limited by up to 2.3 dB'],
  outOfReach: [
    { type: 'outOfReach', integrated: -5, truePeak: -9 },
    '-5 LUFS is out of reach under -9 dBTP',
  ],
};

describe('What loudnorm notes', () => {
  for (const [type, [note, words]] of Object.entries(NOTES)) {
    it(`is a sentence for flows, and one in each language for the dialog: ${type}`, () => {
      assert.equal(noteInWords(note), words);
      const values = Object.keys(note).filter((key) => key !== 'type');
      for (const language of LANGUAGES) {
        const file = path.join(NODE, 'locales', language, 'loudnorm.json');
        const { 'lipwire-loudnorm': texts } = JSON.parse(readFileSync(file, 'utf8')) as {
          'lipwire-loudnorm': { preview: { note: Record<string, string> } };
        };
        assert.deepEqual(Object.keys(texts.preview.note).sort(), Object.keys(NOTES).sort());
        const used = [...texts.preview.note[type].matchAll(/__(\w+)__/g)].map(([, key]) => key);
        assert.deepEqual(used.sort(), values.sort(), language);
      }
    });
  }
});
