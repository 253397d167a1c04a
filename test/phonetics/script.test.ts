import assert from 'node:assert/strict';
import {
  hasWords,
  isSpeakable,
  languageOfScript,
  scriptLanguage,
} from '../../src/phonetics/script';

describe('the script of a text', () => {
  for (const [language, text] of [
    ['ar', 'مرحبا بالعالم، ذهب الولد إلى باريس'],
    ['fa', 'سلام، حال شما چطور است؟ خوبیم'],
    ['ur', 'آپ کیسے ہیں؟ میں ٹھیک ہوں'],
    ['he', 'שלום עולם'],
    ['cmn', '你好，世界'],
    ['ja', '今日は天気がいい'],
    ['ko', '안녕하세요'],
    ['hi', 'नमस्ते'],
    ['th', 'สวัสดี'],
    ['ru', 'Привет, мир'],
    ['uk', 'Привіт, світе'],
    ['sr', 'Љубав је'],
    ['el', 'Γεια σου'],
    ['ka', 'გამარჯობა'],
    ['ar', 'قال Hello لصديقه في المدرسة'],
    [undefined, 'Hello, world'],
    [undefined, 'Hello مرحبا world'],
    [undefined, '25 % 😀'],
  ] as const) {
    it(`tells ${language ?? 'nothing'} for "${text}"`, () => {
      assert.equal(languageOfScript(text), language);
    });
  }

  it('does not take an Arabic text for Persian because of one foreign letter', () => {
    assert.equal(languageOfScript('سافر الرجل من القاهرة إلى مدينة پاريس في فرنسا'), 'ar');
  });

  it('stands for a language where letters tell no more', () => {
    assert.deepEqual(['ja', 'fa', 'uk', 'ko'].map(scriptLanguage), ['cmn', 'ar', 'ru', 'ko']);
  });
});

describe('what can be spoken', () => {
  it('is letters, digits and emoji', () => {
    assert.deepEqual(['a', '٣', '你', '👍', '', ' ', '...', '—', '\ud800'].map(isSpeakable), [
      ...[true, true, true, true],
      ...[false, false, false, false, false],
    ]);
    assert.deepEqual(['a', '٣', '👍'].map(hasWords), [true, true, false]);
  });
});
