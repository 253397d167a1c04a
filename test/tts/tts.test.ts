import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { validateSpeech, type Cue } from '../../src/contract';
import { wavHeader } from '../../src/av/wav';
import type { SpeakRequest } from '../../src/tts/engine';
import { loadEspeak } from '../../src/tts/espeak/espeak';
import { speak } from '../../src/tts/espeak/speak';
import { writeSpeech } from '../../src/tts/run';
import { phonemes, say, words, type Said } from './helpers';

const AUDIBLE = 33 / 32768;
const HI: SpeakRequest = {
  text: 'Hi',
  voice: { id: 'en-us', language: 'en-US' },
  rate: 160,
  pitch: 50,
  parameters: {},
  settings: { ffmpegPath: '', modelsFolder: '', device: 'auto', acceptNonCommercial: false },
  progress: () => undefined,
};

/** Seconds of digital silence at both ends, as samples below −60 dBFS. */
function silence({ samples, sampleRate }: Said): { before: number; after: number } {
  const first = samples.findIndex((sample) => Math.abs(sample) > AUDIBLE);
  const last = samples.findLastIndex((sample) => Math.abs(sample) > AUDIBLE);
  return { before: first / sampleRate, after: (samples.length - 1 - last) / sampleRate };
}

function checkCues(speech: Said): void {
  for (const type of ['phoneme', 'word'] as const) {
    let now = 0;
    for (const cue of (speech.cues ?? []).filter((one: Cue) => one.type === type)) {
      assert.ok(cue.start >= now, `${type} ${cue.value} begins at ${cue.start}, before ${now}`);
      assert.ok(cue.end > cue.start, `${type} ${cue.value} lasts no time`);
      assert.match(cue.value, /^[^\p{Cc}\p{Cs}]+$/u);
      now = cue.end;
    }
    assert.ok(now <= speech.duration, `${type} ends at ${now} of ${speech.duration}`);
  }
}

/** Root mean square of a stretch of the sound. */
function energy({ samples, sampleRate }: Said, start: number, end: number): number {
  const part = samples.subarray(Math.round(start * sampleRate), Math.round(end * sampleRate));
  return Math.sqrt(part.reduce((sum, sample) => sum + sample * sample, 0) / part.length);
}

describe('the tts stage', function () {
  this.timeout(20_000);

  it('gives a speech payload with everything in it', async () => {
    const speech = await say('Hello, world.');
    const { samples, progress, cues, file, ...rest } = speech;
    assert.deepEqual(rest, {
      kind: 'speech',
      duration: samples.length / 22050,
      sampleRate: 22050,
      channels: 1,
      text: 'Hello, world.',
      language: 'en-US',
      voice: 'en-us',
      engine: 'espeak',
    });
    assert.equal(path.basename(file), 'speech.wav');
    assert.ok(cues && cues.length > 5);
    assert.deepEqual(progress.at(-1), { type: 'running', done: 1, total: 1, unit: 'steps' });
    validateSpeech({ ...rest, cues, file });
  });

  it('speaks English with the right phonemes and words', async () => {
    const speech = await say('Paper boats, about a table.');
    assert.equal(phonemes(speech), 'p ˈeɪ p ɚ b ˈoʊ t s ɐ b ˌaʊ t ɐ t ˈeɪ b əl');
    assert.deepEqual(words(speech), ['Paper', 'boats', 'about', 'a', 'table']);
    assert.ok(speech.duration > 1.5 && speech.duration < 3.5, `${speech.duration} s`);
  });

  it('speaks Arabic with the right phonemes and words, by its script', async () => {
    const speech = await say('مرحبا بالعالم. كيف حالك؟');
    assert.equal(phonemes(speech), 'm r ħ b ˈa b i l ʕ ˈa l a m k ˈa j f a ħ ˈa l i k');
    assert.deepEqual(words(speech), ['مرحبا', 'بالعالم', 'كيف', 'حالك']);
    assert.equal(speech.language, 'ar');
    assert.ok(speech.duration > 2 && speech.duration < 5, `${speech.duration} s`);
  });

  it('keeps words as they are written: money, numbers, addresses, contractions', async () => {
    const text =
      'It costs $5.50, "really": 50% of 1,234.56! Don\'t mail foo@bar.com or https://x.org/a?b=1.';
    const expected = ['It', 'costs', '$5.50', 'really', '50%', 'of', '1,234.56', "Don't", 'mail'];
    assert.deepEqual(words(await say(text)), [
      ...expected,
      'foo@bar.com',
      'or',
      'https://x.org/a?b=1',
    ]);
  });

  it('finds the words of Chinese, and English among them', async () => {
    const speech = await say('你好世界，我有25个iPhone。');
    assert.deepEqual(words(speech), ['你好', '世界', '我有', '25', '个', 'iPhone']);
    assert.equal(speech.voice, 'cmn');
    assert.doesNotMatch(phonemes(speech), /[().\d]/);
  });

  it('places words by emoji and other characters beyond 16 bits', async () => {
    const text = '😀 Hello 😀😀 world';
    assert.deepEqual(words(await say(text, { emoji: 'speak' })), ['😀', 'Hello', '😀😀', 'world']);
    assert.deepEqual(words(await say(text)), ['Hello', 'world']);
    assert.match(phonemes(await say('👍')), /θ ˈʌ m/);
  });

  it('has sound where a vowel is and hardly any in the closure of a stop', async () => {
    const speech = await say('Paper.');
    const [, vowel, stop] = (speech.cues ?? []).filter((cue) => cue.type === 'phoneme');
    assert.ok(vowel && stop && stop.value === 'p');
    assert.ok(energy(speech, vowel.start, vowel.end - 0.02) > 0.05);
    assert.ok(energy(speech, stop.start + 0.005, stop.start + 0.03) < 0.005);
  });

  it('begins after exactly the lead and ends with exactly the pause', async () => {
    for (const [lead, pause] of [
      [0, 0],
      [0.25, 0.35],
      [1, 2.5],
    ] as const) {
      const speech = await say('Hello.', { lead, pause });
      const { before, after } = silence(speech);
      assert.equal(before, Math.round(lead * 22050) / 22050);
      assert.equal(after, Math.round(pause * 22050) / 22050);
      checkCues(speech);
    }
  });

  it("takes the text's own pause, voice and language over the settings", async () => {
    const settings = { pause: 1, voice: 'de', language: 'fr' };
    const speech = await say({ text: 'Hallo', pause: 0, voice: 'ar' }, settings);
    assert.equal(silence(speech).after, 0);
    assert.equal(speech.voice, 'ar');
    const french = await say({ text: 'Bonjour', language: 'fr' }, { language: 'de' });
    assert.equal(french.voice, 'fr-fr');
    assert.equal(french.language, 'fr');
  });

  it('speaks faster with a higher rate and higher with a higher pitch', async () => {
    const text = 'The quick brown fox jumps over the lazy dog.';
    const [slow, normal, fast] = await Promise.all(
      [80, 160, 450].map((rate) => say(text, { rate })),
    );
    assert.ok(slow && normal && fast);
    assert.ok(slow.duration > 1.5 * normal.duration && normal.duration > 2 * fast.duration);
    const crossings = async (pitch: number): Promise<number> => {
      const { samples } = await say('Aaaaah', { pitch });
      return samples.reduce(
        (n, s, i) => (s > 0.02 && (samples[i - 1] ?? 0) <= 0.02 ? n + 1 : n),
        0,
      );
    };
    assert.ok((await crossings(99)) > 1.2 * (await crossings(0)));
  });

  it('says nothing named of stops behind quotes, and pauses and slows down where SSML says so', async () => {
    assert.equal(
      phonemes(await say('He said "maybe". Then he left.')),
      phonemes(await say('He said maybe. Then he left.')),
    );
    const plain = await say('one two', { lead: 0, pause: 0 });
    const paused = await say('one <break time="1s"/> two', { lead: 0, pause: 0 });
    assert.deepEqual(words(paused), ['one', 'two']);
    assert.ok(paused.duration > plain.duration + 0.8, `${paused.duration} s`);
    const slow = await say('<prosody rate="50%">one two</prosody>', { lead: 0, pause: 0 });
    assert.ok(slow.duration > 1.5 * plain.duration, `${slow.duration} s`);
    const around = await say('<break time="1s"/>one two<break time="2s"/>', { lead: 0, pause: 0 });
    assert.ok(Math.abs(around.duration - plain.duration - 3) < 0.01, `${around.duration} s`);
    const word = await say('<phoneme alphabet="ipa" ph="təˈmɑːtəʊ">tomato</phoneme> soup');
    assert.equal(phonemes(word), phonemes(await say('tomato soup')));
    assert.match(word.notes?.[0].text ?? '', /^eSpeak NG reads no IPA: .*Piper/);
    assert.deepEqual(words(await say('The <sub alias="World Wide Web">WWW</sub> grows')), [
      ...['The', 'WWW', 'grows'],
    ]);
  });

  it('has another voice with a variant', async () => {
    const plain = await say('Hello.');
    const female = await say('Hello.', { variant: 'F3' });
    assert.equal(female.voice, 'en-us+f3');
    assert.notDeepEqual(female.samples, plain.samples);
  });

  it('gives the same bytes for the same text, whatever was spoken between', async () => {
    const first = await say('Shh, this is a test of noise.');
    await say('مرحبا', { rate: 300, pitch: 90, variant: 'whisper' });
    const [again, beside] = await Promise.all([
      say('Shh, this is a test of noise.'),
      say('Something else.', { rate: 200 }),
    ]);
    assert.deepEqual(again.samples, first.samples);
    assert.deepEqual(again.cues, first.cues);
    assert.notDeepEqual(beside.samples, first.samples);
  });

  it('speaks no markup, and eSpeak commands and control characters as plain text', async () => {
    const markup = await say('<b>one</b> **two**');
    assert.equal(phonemes(markup), 'w ˈʌ n t ˈuː');
    assert.equal(markup.text, 'one two');
    // An unknown element is text.
    assert.match(phonemes(await say('<voic>one</voic> &lt;two&gt;')), /w ˈʌ n.*l ˈæ ʃ.*t ˈuː/);
    const brackets = await say('[[h@l@U]] yes');
    assert.notEqual(phonemes(brackets), phonemes(await say('hello yes')));
    assert.match(phonemes(brackets), /ˈeɪ tʃ/);
    const plain = await say('one two');
    assert.deepEqual((await say('one\u0001\u0007\u0000two')).samples, plain.samples);
    assert.deepEqual((await say('**one** two')).samples, plain.samples);
    assert.deepEqual((await say('\ufeffone\ud800two\u200b')).samples, plain.samples);
  });

  for (const text of ['', ' \n', '...', '—"?!', '\u0000\ud800']) {
    it(`refuses ${JSON.stringify(text)} because there is nothing to say`, async () => {
      await assert.rejects(say(text), {
        code: 'E_INPUT',
        message: /^[^\n]*something to say[^\n]*\.$/,
      });
    });
  }

  it('refuses a text at which its voice stays silent', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-tts-'));
    try {
      const espeak = await loadEspeak();
      const mute = { sampleRate: 22050, speak: () => ({ samples: new Int16Array(9), events: [] }) };
      const { signal } = new AbortController();
      const speaking = writeSpeech(
        speak({ ...espeak, ...mute } as unknown as typeof espeak, HI, signal),
        path.join(folder, 'speech.wav'),
        { text: 'Hi', lead: 0, pause: 0 },
        signal,
      );
      await assert.rejects(speaking, { code: 'E_INPUT', message: /finds nothing to speak/ });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('keeps cues in order, apart and inside the sound for any text', async () => {
    const bits =
      'Hello, |Dr. |你好。|مرحبا؟ |नमस्ते। |สวัสดี|25% |1,234.5 |👍🏽 |<b>|[[|&amp; |\n\n|\u0301|\ud83d|pa pa |...|"x" |U.S. |テスト|x';
    const voices = ['', 'ar', 'ja', 'de+f3', 'cmn', 'en-us+whisper'];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...bits.split('|')), { minLength: 1, maxLength: 12 }),
        fc.constantFrom(...voices),
        fc.integer({ min: 80, max: 450 }),
        fc.constantFrom(0, 0.25),
        async (parts, voice, rate, lead) => {
          const speech = await say(`one ${parts.join('')}`, { voice, rate, lead, pause: lead });
          checkCues(speech);
          assert.equal(speech.duration, speech.samples.length / 22050);
          assert.ok(words(speech).length > 0 && phonemes(speech) !== '');
        },
      ),
      { numRuns: 24 },
    );
  });

  it('writes a header that is exact', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-tts-'));
    try {
      const espeak = await loadEspeak();
      const file = path.join(folder, 'speech.wav');
      const { signal } = new AbortController();
      await writeSpeech(speak(espeak, HI, signal), file, { text: 'Hi', lead: 0, pause: 0 }, signal);
      const bytes = await readFile(file);
      const samples = (bytes.length - 44) / 2;
      const header = wavHeader({ sampleRate: 22050, channels: 1, samples });
      assert.deepEqual(bytes.subarray(0, 44), header);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('long text in the tts stage', function () {
  this.timeout(30_000);
  const long = 'The quick brown fox jumps over the lazy dog, and then some. '.repeat(40);

  it('is spoken piece by piece with cues that fit', async () => {
    const speech = await say(long);
    checkCues(speech);
    assert.equal(words(speech).join(' '), long.replace(/[,.]/g, '').trim());
    assert.ok(speech.progress.length > 4);
    assert.ok(speech.progress.every((update) => update.type !== 'queued'));
    const sentence = await say('The quick brown fox jumps over the lazy dog, and then some.');
    const spoken = speech.duration / 40;
    assert.ok(Math.abs(spoken - sentence.duration + 0.6 - 0.35) < 0.1, `${spoken} s a sentence`);
  });

  it('is cancelled between pieces, with other work going on meanwhile', async () => {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), 100);
    await assert.rejects(say(long.repeat(50), {}, controller.signal), { code: 'E_CANCELLED' });
    clearTimeout(timer);
    assert.equal((await say('Hello.')).voice, 'en-us');
  });
});
