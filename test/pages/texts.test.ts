import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { runInNewContext } from 'node:vm';
import { LANGUAGES } from '../support/languages';

const RESOURCES = path.resolve(__dirname, '../../resources');
const read = (file: string): string => readFileSync(path.join(RESOURCES, file), 'utf8');
const SCRIPT = read('player/texts.js');

/** All of the keys that the two pages use, in their scripts and in their markup. */
const USED = [
  ...new Set(
    [
      'player/player.js',
      'kiosk/kiosk-takes.js',
      'kiosk/kiosk-between.js',
      'player/index.html',
      'kiosk/index.html',
    ].flatMap((file) => {
      const uses = read(file).matchAll(/\btext\('(\w+)'\)|data-(?:text|label)="(\w+)"/g);
      return [...uses].map(([, inScript, inMarkup]) => inScript ?? inMarkup);
    }),
  ),
];

interface Texts {
  text(key: string): string | undefined;
  language: string;
  languages: string[];
}

/** What the script makes of a browser with those languages and an address with that query. */
function textsFor(languages: string[], query = ''): Texts {
  const window: { lipwireTexts?: Texts } = {};
  const document = { documentElement: {}, querySelectorAll: () => [] };
  const location = { search: query };
  runInNewContext(SCRIPT, {
    window,
    document,
    location,
    navigator: { languages },
    URLSearchParams,
  });
  return window.lipwireTexts!;
}

describe('The texts of the watch page and the kiosk page', () => {
  it('are there in the languages of the editor', () => {
    const languages = LANGUAGES.map((tag) => tag.split('-')[0]).sort();
    assert.deepEqual([...textsFor([]).languages].sort(), languages);
  });

  it('are complete, and nothing is left in English', () => {
    const english = textsFor(['en']);
    assert.ok(USED.length >= 13, USED.join());
    for (const language of english.languages) {
      const { text } = textsFor([language]);
      for (const key of USED) {
        assert.ok(text(key)?.trim(), `${language}: ${key}`);
        const isCognate = language === 'de' && key === 'video';
        if (language !== 'en' && !isCognate) assert.notEqual(text(key), english.text(key), key);
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
      assert.equal(textsFor([...languages], query).language, expected, languages.join());
    }
  });

  it('are all that the pages say: no word stands in their scripts or markup', () => {
    for (const name of ['player', 'kiosk']) {
      const script = read(`${name}/${name}.js`).replace(/\/\*[^]*?\*\/|\/\/.*$/gm, '');
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
