import assert from 'node:assert/strict';
import { listVoices } from '../../src/tts/espeak/voices';
import { sampleSentence } from '../../src/tts/samples';

const COUNTING = sampleSentence('und');

describe('What a voice says to be judged by', () => {
  it('is a sentence in its language, or counting for the rarest', async () => {
    const languages = new Set((await listVoices()).map(({ languages: [tag = ''] }) => tag));
    const spoken = [...languages].filter((tag) => sampleSentence(tag) !== COUNTING);
    assert.ok(spoken.length > 80, `${spoken.length} of ${languages.size}`);
    assert.match(COUNTING, /^[\d, .]+$/);
  });

  it('is the same for the kinds of a language, in any spelling of its tag', () => {
    for (const tag of ['en', 'en-GB', 'EN_us', 'en-GB-x-rp']) {
      assert.equal(sampleSentence(tag), sampleSentence('en'));
    }
    assert.match(sampleSentence('ar-EG'), /\p{Script=Arabic}/u);
    assert.match(sampleSentence('fa'), /\p{Script=Arabic}/u);
    assert.match(sampleSentence('fa-Latn'), /^[a-z ,.]+$/);
    assert.match(sampleSentence('zh-CN'), /\p{Script=Han}/u);
  });
});
