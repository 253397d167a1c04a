import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { STAGE_NAMES } from '../../src/stages';
import { LANGUAGES } from '../support/languages';

const ROOT = path.resolve(__dirname, '../..');
const NODES = ['studio', ...STAGE_NAMES];
const TRANSLATIONS = LANGUAGES.filter((language) => language !== 'en-US');

/** Names, units and patterns that every language writes in the same way. */
const NO_WORDS =
  /^(?:[\d\s/%×−.,+()-]|__\w+?__|LUFS|dBTP|LU|[KMGT]?i?B|min|s|eSpeak NG|Flite|ElevenLabs|Wyoming|Piper|Kokoro|OpenAI API|BlazeFace|Wav2Lip( GAN| 256)?|CPU|CUDA|WebGPU|DirectML|Core ML|FFmpeg|lipwire|Lipwire)+$/;

/** Words that a language has in common with English, by its own spelling. */
const COGNATES: Record<string, string[]> = {
  de: ['Container', 'Engine', 'Journal', 'Jobs', 'Streaming', 'Podcast', 'Studio'],
  fr: ['Journal', 'Portrait', 'Studio', 'Transition', 'clips', 'licence'],
  'es-ES': ['Detector', 'clips'],
  ja: [],
  'zh-CN': [],
};

type Texts = Record<string, string>;

/** A catalogue, or the help with what several nodes share and the list of parameters put in. */
let help: (name: string, language: string) => string;

function read(name: string, language: string, kind: 'json' | 'html'): string {
  if (kind === 'html') return help(name, language);
  const file = `nodes/${name}/locales/${language}/${name}.json`;
  return readFileSync(path.join(ROOT, file), 'utf8');
}

/** A catalogue's texts by their dotted keys. */
function textsOf(name: string, language: string): Texts {
  const texts: Texts = {};
  const visit = (value: unknown, key: string): void => {
    if (typeof value === 'string') texts[key] = value;
    else for (const [part, each] of Object.entries(value as object)) visit(each, `${key}.${part}`);
  };
  const catalogue = JSON.parse(read(name, language, 'json')) as Record<string, unknown>;
  assert.deepEqual(Object.keys(catalogue), [`lipwire-${name}`]);
  visit(catalogue[`lipwire-${name}`], '');
  return texts;
}

const matches = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map((match) => match[1] ?? match[0]);
const placeholders = (text: string): string[] => matches(text, /__\w+?__/g).sort();

/** Whether a text may be the same in English and in that language. */
function mayBeEnglish(key: string, text: string, language: string): boolean {
  // Names of nodes are what the palette and the documentation call them.
  if (key === '.paletteLabel' || key.startsWith('.sidebar.stage.')) return true;
  const rest = COGNATES[language].reduce((left, word) => left.replaceAll(word, ''), text);
  return rest.trim() === '' || NO_WORDS.test(rest.replaceAll(':', ''));
}

/** The blocks of a help text: what they are and what they say, with one space between words. */
function blocksOf(help: string): { tag: string; text: string }[] {
  const blocks = [...help.matchAll(/<(p|dt|dd|li|h3)( class="\w+")?>([\s\S]*?)<\/\1>/g)];
  return blocks.map(([, tag, attributes = '', text]) => ({
    tag: tag + attributes,
    text: text.replace(/\s+/g, ' ').trim(),
  }));
}

const codes = (text: string): string[] => matches(text, /<code\s*>(.*?)<\/code\s*>/g).sort();
const numbers = (text: string): string[] =>
  matches(
    text.replace(/<code.*?<\/code\s*>|<[^>]*>|BCP.47/g, ''),
    /(?<![A-Z\d]-?)[-−]?\d+(?:\.\d+)?/g,
  );

describe('The languages of the nodes', () => {
  before(async () => {
    const script = path.join(ROOT, 'scripts/help.mjs');
    ({ help } = (await import(script)) as { help: typeof help });
  });

  for (const name of NODES) {
    it(`are the same six for ${name}`, () => {
      const folders = readdirSync(path.join(ROOT, 'nodes', name, 'locales')).sort();
      assert.deepEqual(folders, [...LANGUAGES].sort());
    });
  }

  for (const language of TRANSLATIONS) {
    describe(language, () => {
      for (const name of NODES) {
        it(`has every text of ${name}, with the same placeholders, and no other`, () => {
          const english = textsOf(name, 'en-US');
          const translated = textsOf(name, language);
          assert.deepEqual(Object.keys(translated), Object.keys(english));
          for (const [key, text] of Object.entries(translated)) {
            assert.notEqual(text.trim(), '', key);
            assert.deepEqual(placeholders(text), placeholders(english[key]), key);
          }
        });

        it(`leaves no text of ${name} in English`, () => {
          const english = textsOf(name, 'en-US');
          const same = Object.entries(textsOf(name, language)).filter(
            ([key, text]) => text === english[key] && !mayBeEnglish(key, text, language),
          );
          assert.deepEqual(same, []);
        });

        it(`has the help of ${name}, block by block with the same code, numbers and links`, () => {
          const english = blocksOf(read(name, 'en-US', 'html'));
          const translated = blocksOf(read(name, language, 'html'));
          assert.deepEqual(
            translated.map(({ tag }) => tag),
            english.map(({ tag }) => tag),
          );
          for (const [index, { tag, text }] of translated.entries()) {
            const original = english[index].text;
            assert.deepEqual(codes(text), codes(original), text);
            assert.deepEqual(matches(text, /href="(.*?)"/g), matches(original, /href="(.*?)"/g));
            const own = numbers(text);
            for (const number of numbers(original)) assert.ok(own.includes(number), text);
            // Small ones may be words in one language and digits in the other.
            const large = (each: string): boolean => Math.abs(Number(each)) > 9;
            assert.deepEqual(own.filter(large).sort(), numbers(original).filter(large).sort());
            const isProse = tag.startsWith('dd') || tag === 'p';
            const words = original.replace(/<code.*?<\/code\s*>|<[^>]*>/g, '').trim();
            if (isProse && words.includes(' ')) assert.notEqual(text, original);
          }
        });
      }

      it('has statuses that fit under a node', () => {
        for (const [key, text] of Object.entries(textsOf('studio', language))) {
          if (!/^\.(?:status|failed)\./.test(key)) continue;
          const longest = text.replace('__model__', 'builtin').replace(/__\w+?__/g, '100');
          assert.ok(longest.length < 20, longest);
        }
      });
    });
  }

  for (const language of LANGUAGES) {
    it(`calls a setting the same in the help and in the dialog: ${language}`, () => {
      const policy = textsOf('studio', language)['.label.queuePolicy'];
      for (const stage of STAGE_NAMES) {
        assert.ok(read(stage, language, 'html').replace(/\s+/g, ' ').includes(policy), stage);
      }
      const labels = new Set(Object.values(textsOf('studio', language)));
      const terms = blocksOf(read('studio', language, 'html')).filter(({ tag }) => tag === 'dt');
      // The last two stand for checkboxes with a whole sentence.
      for (const { text } of terms.slice(0, -2)) assert.ok(labels.has(text), text);
    });
  }
});

describe('What people read in the editor', () => {
  const files = ['nodes', 'scripts/dialogs.mjs']
    .flatMap((place) => {
      const full = path.join(ROOT, place);
      if (statSync(full).isFile()) return [place];
      const names = readdirSync(full, { recursive: true }) as string[];
      return names.map((name) => `${place}/${name}`);
    })
    .filter(
      (file) =>
        /\/editor(?:\.ts$|\/.*\.ts$)|dialogs\.mjs$/.test(file) && !file.includes('/locales/'),
    );

  for (const file of files) {
    it(`comes from the catalogues: ${file}`, () => {
      const source = readFileSync(path.join(ROOT, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
      const hard = [
        // Attributes and properties that are shown or read out, calls that show, and text in markup.
        ...matches(source, /\s(?:title|alt|aria-label|placeholder)="([^"]*\p{L}[^"]*)"/gu),
        ...matches(
          source,
          /\b(?:label|title|placeholder|'aria-label')['"]?[:,] *['"`]([^'"`]*\p{L}[^'"`]*)/gu,
        ),
        ...matches(
          source,
          /(?:(?<!lipwire)\.text|\.html|notify|alert|confirm)\( *['"](?!<)([^'"]*\p{L}[^'"]*)/gu,
        ),
        ...matches(
          source,
          /<(?:p|span|label|button|option|h\d|dt|dd|li|a|legend|th|td)\b[^<>]*>\s*([^<>'"`$]*\p{L}[^<>'"`]*)</gu,
        ),
      ].filter((text) => !/^fa /.test(text));
      assert.deepEqual(hard, []);
    });
  }

  it('includes no status that a node writes itself', () => {
    const catalogue = textsOf('studio', 'en-US');
    for (const file of readdirSync(path.join(ROOT, 'nodes'), { recursive: true }) as string[]) {
      if (!file.endsWith('.ts')) continue;
      const source = readFileSync(path.join(ROOT, 'nodes', file), 'utf8');
      assert.deepEqual(matches(source, /(?:fill|shape):[^}]*text: *(['"`][^,}]*)/g), [], file);
      for (const key of matches(source, /translate\('([\w.]+)'/gi)) {
        assert.ok(`.${key}` in catalogue, `${file}: ${key}`);
      }
    }
  });
});
