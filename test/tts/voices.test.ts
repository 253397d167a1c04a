import assert from 'node:assert/strict';
import { chooseVoice, listVariants, listVoices } from '../../src/tts/espeak/voices';
import { loadEspeak, type Espeak } from '../../src/tts/espeak/espeak';

describe('voices', () => {
  let espeak: Espeak;
  before(async () => {
    espeak = await loadEspeak();
  });
  const choose = (voice = '', language = '', text = 'x', variant = ''): string =>
    chooseVoice({ voice, variant, language }, text, espeak).identifier;

  it('are listed with different ids, names, languages and genders', async () => {
    const voices = await listVoices();
    assert.ok(voices.length > 100);
    assert.equal(new Set(voices.map(({ id }) => id)).size, voices.length);
    assert.deepEqual(
      voices.find(({ id }) => id === 'en-us'),
      {
        id: 'en-us',
        engine: 'espeak',
        name: 'English (America)',
        languages: ['en-US', 'en'],
        identifier: 'gmw/en-US',
        gender: 'male',
        licence: 'GPL-3.0',
        installed: true,
      },
    );
    for (const { id, identifier } of voices) assert.equal(choose(id), identifier);
    const variants = await listVariants();
    assert.ok(['f1', 'm3', 'whisper', 'croak'].every((variant) => variants.includes(variant)));
  });

  for (const [tag, identifier] of Object.entries({
    en: 'gmw/en-US',
    'en-US': 'gmw/en-US',
    'en-GB': 'gmw/en',
    'en-UK': 'gmw/en',
    'en-AU': 'gmw/en',
    'en-CA': 'gmw/en-US',
    en_us: 'gmw/en-US',
    'en-GB-x-rp': 'gmw/en-GB-x-rp',
    'zh-CN': 'sit/cmn',
    'zh-Hant-TW': 'sit/cmn',
    'zh-HK': 'sit/yue',
    'zh-Hant-HK': 'sit/yue',
    nb: 'gmq/nb',
    'nn-NO': 'gmq/nb',
    no: 'gmq/nb',
    'pt-BR': 'roa/pt-BR',
    'pt-AO': 'roa/pt',
    'ar-SA': 'sem/ar',
    'ar-EG': 'sem/ar',
    'sr-Latn-RS': 'zls/sr',
    'es-ES': 'roa/es',
    'es-MX': 'roa/es-419',
    'es-AR': 'roa/es-419',
    'de-AT': 'gmw/de',
    'fr-CA': 'roa/fr',
    'fr-CH': 'roa/fr-CH',
    iw: 'sem/he',
    'ja-JP': 'jpx/ja',
  })) {
    it(`for the language ${tag} are ${identifier}`, () => {
      assert.equal(choose('', tag), identifier);
    });
  }

  it('are found by id, name, identifier, and language with or without a region', () => {
    for (const name of ['EN-us', 'english (america)', 'English_(America)', 'gmw/en-US', 'en']) {
      assert.equal(choose(name), 'gmw/en-US');
    }
    assert.equal(choose('ar-SA'), 'sem/ar');
    assert.equal(choose('Maori'), 'poz/mi');
  });

  it('take a variant after a plus, or by its setting', () => {
    assert.equal(choose('ar+f3'), 'sem/ar+f3');
    assert.equal(choose('ar', '', 'x', 'Whisper'), 'sem/ar+whisper');
    assert.equal(choose('ar+f3', '', 'x', 'm1'), 'sem/ar+f3');
  });

  it('follow the script of the text where nothing is set', () => {
    const texts = { مرحبا: 'sem/ar', 你好: 'sit/cmn', こんにちは: 'jpx/ja', Hallo: 'gmw/en-US' };
    for (const [text, identifier] of Object.entries(texts)) {
      assert.equal(choose('', '', text), identifier);
    }
  });

  for (const [what, wish, near] of [
    ['a voice', ['English (Amerca)'], /English \(America\)/],
    ['a voice', ['arabik'], /Arabic/],
    ['a voice', ['en-xy'], /en-us/],
    ['a voice', ['mb/mb-en1'], /\./],
    ['a voice', ['../../etc/passwd'], /\./],
    ['a language', ['', 'tlh'], /th/],
    ['a language', ['', 'km-KH'], /k/],
    ['a voice variant', ['en', '', 'x', 'f33'], /f3/],
  ] as const) {
    it(`that are unknown name the nearest: ${what} "${wish.filter(Boolean).at(-1)}"`, () => {
      assert.throws(
        () => choose(...(wish as [string])),
        (error: Error & { code: string }) => {
          assert.equal(error.code, 'E_VOICE');
          assert.match(
            error.message,
            new RegExp(`^Expected ${what}[^\\n]*the nearest are [^\\n]*\\.$`),
          );
          assert.match(error.message, near);
          return true;
        },
      );
    });
  }
});
