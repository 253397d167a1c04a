import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { NOTES } from '../../src/contract/notes';

const LOCALES = path.resolve(__dirname, '../../../nodes/studio/locales');

/** The texts of notes in a language, wherever the catalogue has them. */
function textsOf(language: string): Record<string, string> {
  const file = [LOCALES, path.resolve(__dirname, '../../nodes/studio/locales')]
    .map((folder) => path.join(folder, language, 'studio.json'))
    .flatMap((name) => {
      try {
        return [readFileSync(name, 'utf8')];
      } catch {
        return [];
      }
    })[0];
  const catalogue = JSON.parse(file) as Record<string, { note: Record<string, string> }>;
  return catalogue['lipwire-studio'].note;
}

describe('The texts of notes', () => {
  /** Codes whose text is a sentence that comes with them. */
  const carriers = Object.entries(NOTES).filter(([, text]) =>
    /^(?:Loudness: )?\{what\}\.?$/.test(text),
  );
  const own = Object.entries(NOTES).filter(
    (entry) => !carriers.some(([code]) => code === entry[0]),
  );

  for (const language of ['en-US', 'de', 'fr', 'es-ES', 'ja', 'zh-CN']) {
    it(`are there for every code in ${language}, with the same values`, () => {
      const texts = textsOf(language);
      assert.deepEqual(Object.keys(texts).sort(), own.map(([code]) => code).sort());
      for (const [code, english] of own) {
        const places = (english.match(/\{\w+\}/g) ?? []).map((place) => place.slice(1, -1)).sort();
        const there = (texts[code].match(/__\w+?__/g) ?? []).map((place) => place.slice(2, -2));
        assert.deepEqual(there.sort(), places, code);
        if (language === 'en-US') {
          assert.equal(texts[code].replace(/__(\w+?)__/g, '{$1}'), english);
        }
      }
    });
  }
});
