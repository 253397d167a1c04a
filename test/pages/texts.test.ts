import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { languageFor, TEXTS } from '../../nodes/hls-export/player/texts';
import { LANGUAGES } from '../support/languages';

const PAGES = path.resolve(__dirname, '../../nodes/hls-export');
const read = (file: string): string => readFileSync(path.join(PAGES, file), 'utf8');
const SOURCES = ['player/player.ts', 'kiosk/kiosk.ts', 'player/index.html', 'kiosk/index.html'];

/** All of the keys that the two pages use, in their scripts and in their markup. */
const USED = new Set(
  SOURCES.flatMap((file) => {
    const uses = read(file).matchAll(/\btext\((.*)\)|data-(?:text|label)="(\w+)"/g);
    return [...uses].flatMap(([, inScript, inMarkup]) =>
      inScript ? [...inScript.matchAll(/'(\w+)'/g)].map(([, key]) => key) : [inMarkup],
    );
  }),
);

describe('The texts of the watch page and the kiosk page', () => {
  it('are there in the languages of the editor', () => {
    const languages = LANGUAGES.map((tag) => tag.split('-')[0]).sort();
    assert.deepEqual(Object.keys(TEXTS).sort(), languages);
  });

  it('are complete, and nothing is left in English', () => {
    const english: Record<string, string> = TEXTS.en;
    assert.deepEqual([...USED].sort(), Object.keys(english).sort());
    for (const [language, texts] of Object.entries<Record<string, string>>(TEXTS)) {
      for (const key of USED) {
        assert.ok(texts[key]?.trim(), `${language}: ${key}`);
        const isCognate = language === 'de' && key === 'video';
        if (language !== 'en' && !isCognate) assert.notEqual(texts[key], english[key], key);
      }
    }
  });

  it('follow the address, then the first language of the browser that there is, then English', () => {
    for (const [languages, query, expected] of [
      [['pt-BR', 'FR-ca', 'de'], '', 'fr'],
      [['zh-Hans-CN'], '', 'zh'],
      [['de'], '?lang=es', 'es'],
      [['de'], '?lang=tlh', 'de'],
      [['constructor', 'nl'], '?lang=__proto__', 'en'],
      [[], '', 'en'],
    ] as const) {
      assert.equal(languageFor(languages, query), expected, languages.join());
    }
  });

  it('are all that the pages say: no word stands in their scripts or markup', () => {
    for (const name of ['player', 'kiosk']) {
      const script = read(`${name}/${name}.ts`).replace(/\/\*[^]*?\*\/|\/\/.*$/gm, '');
      const sentences = script.match(/(['"`])[A-Z][a-z]+ [^'"`\n]*\1/g);
      assert.equal(sentences, null);
      const markup = read(`${name}/index.html`);
      const inBody = markup.replace(/<head>[^]*<\/head>|<noscript>[^]*<\/noscript>/g, '');
      assert.equal(inBody.replace(/<[^>]*>/g, '').trim(), '');
      const noScript = /<noscript>([^]*)<\/noscript>/.exec(markup)![1];
      const tags = [...noScript.matchAll(/<p lang="(\w+)">[^<]+<\/p>/g)].map(([, tag]) => tag);
      assert.deepEqual(tags.sort(), LANGUAGES.map((tag) => tag.split('-')[0]).sort());
    }
  });
});
