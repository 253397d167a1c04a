import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ERROR_CODES } from '../../src/contract';
import { explain as explainFailure } from '../../nodes/shared/editor/parts';
import { LANGUAGES } from '../support/languages';

const ROOT = path.resolve(__dirname, '../..');
const SENTENCE = 'Expected a face but found none.';

type Explain = (error?: { code?: string; message?: string }) => string | undefined;

/** The editor's function in that language, with the texts that Node-RED would give it. */
function editorIn(language: string): Explain {
  const folder = LANGUAGES.find((tag) => tag === language) ?? 'en-US';
  const file = path.join(ROOT, `nodes/studio/locales/${folder}/studio.json`);
  const { 'lipwire-studio': texts } = JSON.parse(readFileSync(file, 'utf8')) as {
    'lipwire-studio': { explain: Record<string, string> };
  };
  const RED = {
    i18n: { lang: () => language },
    _: (key: string) => {
      const [, code] =
        /^@lipwire\/node-red-lipwire\/lipwire-studio:lipwire-studio\.explain\.(\w+)$/.exec(key)!;
      return texts.explain[code] ?? key;
    },
  };
  return (error) => {
    Object.assign(globalThis, { RED });
    try {
      return explainFailure({ error });
    } finally {
      Reflect.deleteProperty(globalThis, 'RED');
    }
  };
}

describe('An error in the editor', () => {
  for (const language of LANGUAGES.filter((tag) => tag !== 'en-US')) {
    it(`says what its code means, then its sentence: ${language}`, () => {
      const explain = editorIn(language);
      const meanings = Object.keys(ERROR_CODES).map((code) => {
        const text = explain({ code, message: SENTENCE })!;
        assert.ok(text.endsWith(` – ${SENTENCE}`), text);
        return text;
      });
      assert.equal(new Set(meanings).size, Object.keys(ERROR_CODES).length);
    });
  }

  it('says its sentence alone in English, and where there is no meaning', () => {
    assert.equal(editorIn('en-GB')({ code: 'E_NO_FACE', message: SENTENCE }), SENTENCE);
    assert.equal(editorIn('de')({ message: SENTENCE }), SENTENCE);
    assert.equal(editorIn('de')({ code: 'E_LATER', message: SENTENCE }), SENTENCE);
    assert.equal(editorIn('de')(undefined), undefined);
  });

  it('is never shown without that', () => {
    const names = readdirSync(path.join(ROOT, 'nodes'), { recursive: true }) as string[];
    const isEditors = (file: string): boolean => /[\\/]editor(?:\.ts$|[\\/].*\.ts$)/.test(file);
    for (const name of names.filter((file) => isEditors(file) && !file.endsWith('parts.ts'))) {
      const script = readFileSync(path.join(ROOT, 'nodes', name), 'utf8');
      // Asking whether there is a sentence is something else.
      const shown = script
        .replace(/!\w+\??(?:\.\w+)?\?\.error\?\.message/g, '')
        .match(/\berror\??\.message\b/g);
      assert.equal(shown, null, name);
    }
  });
});
