/** Piper, with a stock voice of the fixtures where they are. */
import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import type { SpeechPayload, StageSettings } from '../../../src/contract';
import { readNames } from '../../../src/ml/onnx/read';
import { withOutput, writeModel } from '../../../src/ml/onnx/writer';
import { loadEspeak, type Espeak } from '../../../src/tts/espeak/espeak';
import { chunks } from '../../../src/tts/chunks';
import { closeIdle, withVoiceNetwork, type VoiceNetwork } from '../../../src/tts/neural/networks';
import { readSentence, sentencesOf, type Sign } from '../../../src/tts/neural/reading';
import { cutSound } from '../../../src/tts/neural/sound';
import { soundsOf, timesOf } from '../../../src/tts/neural/timing';
import {
  parseConfig,
  piperConfig,
  piperFiles,
  type PiperConfig,
} from '../../../src/tts/piper/config';
import { piper } from '../../../src/tts/piper/engine';
import { idsOf, phonemesOf } from '../../../src/tts/piper/ids';
import { durationsOf, infer, piperReader } from '../../../src/tts/piper/speak';
import { groupsOf } from '../../../src/tts/neural/speak';
import { fixture, needFixture } from '../../support/fixtures';
import { phonemes, say, words } from '../helpers';

const VOICE = 'models/piper/en_US-joe-medium.onnx';
const QUIET = { noiseScale: 0, noiseW: 0, lengthScale: 1 };

/** Ids of Piper's default map for what these tests say. */
const MAP: Record<string, number> = { _: 0, '^': 1, $: 2, ' ': 3 };
[..."!'(),-.:;?abcdefhijklmnopqrstuvwxyz"].forEach((sign, at) => (MAP[sign] = at + 4));
for (const [sign, id] of Object.entries({
  ...{ ð: 41, ŋ: 44, ɐ: 50, ɑ: 51, ɔ: 54, ə: 59, ɚ: 60, ɛ: 61, ɜ: 62, ɡ: 66, ɪ: 74, ɹ: 88, ʊ: 100 },
  ...{ ʌ: 102, ˈ: 120, ˌ: 121, ː: 122, '\u0327': 140, '\u0303': 141 },
  ...{ aɪ: 161, aʊ: 162, ɔɪ: 163, eɪ: 164, oʊ: 165 },
})) {
  MAP[sign] = id;
}

function config(more: object = {}): PiperConfig {
  return parseConfig({
    audio: { sample_rate: 22050 },
    espeak: { voice: 'en-us' },
    num_speakers: 1,
    phoneme_id_map: Object.fromEntries(Object.entries(MAP).map(([sign, id]) => [sign, [id]])),
    ...more,
  });
}

const written = (signs: readonly Sign[]): string => signs.map(({ value }) => value).join('');
const signsOf = (text: string): Sign[] => [...text].map((value) => ({ value, word: 0 }));

describe('the phonemes and ids of Piper', () => {
  let espeak: Espeak;
  before(async function () {
    // The package with eSpeak NG is optional.
    espeak = await loadEspeak().catch(() => this.skip());
  });
  const read = (text: string, voice: string): string =>
    sentencesOf(text, voice)
      .map(({ start, end }) => written(readSentence(espeak, text.slice(start, end), voice)))
      .join(' / ');

  for (const [text, voice, expected] of [
    ['Test 1. Test 2.', 'en-us', 'tˈɛst wˈʌn. / tˈɛst tˈuː.'],
    ['licht!', 'de', 'lˈɪc\u0327t!'],
    ['this, is: a; test.', 'en-us', 'ðˈɪs, ɪz: ˈeɪ; tˈɛst.'],
    ['I am the [[ bˈætmæn ]] not', 'en-us', 'aɪɐm ðə bˈætmæn nˈɑːt'],
    ['test', 'ar', 'tˈɛst'],
    ['Hello, world! How are you?', 'en-us', 'həlˈoʊ, wˈɜːld! / hˈaʊ ɑːɹ juː?'],
    ['Guten Tag, ich bin Lipwire.', 'de', 'ɡˈuːtən tˈɑːk, ɪc\u0327 bɪn lˈɪpviːrə.'],
    ["Le weekend, c'est bien. Oui!", 'fr', 'lə- wiːkˈɛnd, sɛ bjˈɛ\u0303. / wˈi!'],
    // Piper runs "wait" and "what" together.
    ['Wait... what?! "Yes," he said – really.', 'en-us', 'wˈeɪt wˌʌt? / jˈɛs, hiː sˈɛd; ɹˈiəli.'],
    ['One\n\nTwo', 'en-us', 'wˌʌn / tˈuː'],
    // eSpeak ends a sentence after "Dr."
    ['Dr. Smith left.', 'en-us', 'dˈɑːktɚ smˈɪθ lˈɛft.'],
    ['Tom & Jerry <b>', 'en-us', 'tˈɑːm ænd dʒˈɛɹi bˈiː'],
    ['', 'en-us', ''],
  ] as const) {
    it(`of ${JSON.stringify(text)} in ${voice} are ${expected}`, () => {
      assert.equal(read(text, voice), expected);
    });
  }

  it('are one id a sign with padding between, after the voice’s own map', () => {
    const clusters = [
      ['a', 'ɪ'],
      ['a', 'ʊ'],
      ['ɔ', 'ɪ'],
      ['e', 'ɪ'],
      ['o', 'ʊ'],
    ];
    for (const [text, expected, more] of [
      ['tˈɛst wˈʌn.', '1 0 32 0 120 0 61 0 31 0 32 0 3 0 35 0 120 0 102 0 26 0 10 0 2', {}],
      ['lˈɪc\u0327t!', '1 0 24 0 120 0 74 0 16 0 140 0 32 0 4 0 2', {}],
      ['maɪ kˈaʊ', '1 0 25 0 161 0 3 0 23 0 120 0 162 0 2', { vowel_clusters: clusters }],
      ['ab', '1 0 30 0 31 0 15 0 2', { phoneme_map: { a: ['r', 's'] } }],
    ] as const) {
      const set = config(more);
      assert.equal(idsOf(phonemesOf(signsOf(text), set), set.ids).ids.join(' '), expected);
    }
    const { ids, unknown } = idsOf(signsOf('aΩb'), config().ids);
    assert.deepEqual([ids, unknown], [[1, 0, 14, 0, 15, 0, 2], ['Ω']]);
    assert.throws(() => idsOf([], new Map()), { code: 'E_MODEL_INVALID' });
  });

  it('keep the words as they are written', () => {
    const signs = readSentence(espeak, 'Dr. Smith paid $5.50, of the 9!', 'en-us');
    const first = new Map(
      signs.map(({ word, value }) => [word, value]).reverse() as [number, string][],
    );
    assert.deepEqual([...first.keys()].sort(), [0, 1, 2, 3, 4, 6]);
    const order = signs.map(({ word }) => word);
    assert.deepEqual(
      order,
      [...order].sort((a, b) => a - b),
    );
  });

  it('of any text name words of it in order, and nothing twice between', () => {
    const bits = [
      'Dr.',
      'a',
      '[[x',
      ']]',
      '<',
      '&amp;',
      '…',
      '?!',
      '😀',
      '1.5',
      'مرحبا',
      '“hi”',
      '\n',
      '[[ˈa]]',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...bits), { maxLength: 12 }), (parts) => {
        const text = parts.join(' ');
        for (const { signs } of groupsOf(text, 'en', piperReader(espeak, config()))) {
          signs.forEach(({ word }, at) => assert.ok(at === 0 || word >= signs[at - 1].word));
          assert.doesNotMatch(written(signs), / {2}/);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('say very short sentences together with their neighbour', () => {
    const texts = (text: string): string[] =>
      groupsOf(text, 'en', piperReader(espeak, config())).map((group) => group.text.trim());
    assert.deepEqual(texts('Yes. No. We will see you tomorrow. Bye.'), [
      'Yes. No.',
      'We will see you tomorrow. Bye.',
    ]);
    assert.deepEqual(texts('Yes.\n\nWe will see.'), ['Yes.', 'We will see.']);
    assert.equal(chunks('x').length, 1);
  });
});

describe('times of a neural voice', () => {
  it('begin a sound with its stress mark and the padding before it, and end it with its marks', () => {
    const ids = idsOf(signsOf('tˈɛː s, n'), config().ids);
    const frames = ids.ids.map((_, at) => at + 1);
    const times = timesOf(ids, frames, 0.001) ?? [];
    // BEGIN lasts 1, then padding 2 and t 3.
    assert.deepEqual([times[0].start, times[0].end], [0.001, 0.006]);
    const sounds = soundsOf(times);
    assert.deepEqual(
      sounds.map(({ value }) => value),
      ['t', 'ˈɛː', 's', 'n'],
    );
    const total = frames.slice(0, -2).reduce((sum, count) => sum + count, 0) / 1000;
    assert.ok(Math.abs((sounds.at(-1)?.end ?? 0) - total) < 1e-9);
    assert.equal(sounds[1].start, sounds[0].end);
    // The comma is a pause.
    assert.ok(sounds[3].start > sounds[2].end);
    assert.equal(timesOf(ids, frames.slice(1), 0.001), undefined);
  });

  it('are found by naming a tensor as an output', () => {
    const graph = {
      name: 'g',
      inputs: [{ name: 'x', shape: [2] }],
      outputs: [{ name: 'y', shape: [2] }],
      constants: [],
      nodes: [
        { operator: 'Ceil', inputs: ['x'], outputs: ['w'] },
        { operator: 'Neg', inputs: ['w'], outputs: ['y'] },
      ],
    };
    const bytes = writeModel(graph);
    const { nodes, outputs } = readNames(withOutput(bytes, 'w'));
    assert.deepEqual([durationsOf(nodes), outputs], ['w', ['y', 'w']]);
    assert.equal(durationsOf([...nodes, ...nodes]), undefined);
    assert.equal(durationsOf([]), undefined);
  });

  it('leave the sound between fades, and silence before it', () => {
    const samples = cutSound(new Float32Array(1000).fill(2), {
      ...{ start: -5, end: 2000, gap: 10, sampleRate: 10_000 },
    });
    assert.equal(samples.length, 1010);
    assert.deepEqual([samples[9], samples[500]], [0, 32767]);
    assert.ok(samples[10] < 1000 && samples[1009] < 1000);
  });
});

describe('settings of a Piper voice', () => {
  it('that are wrong are refused in one sentence', () => {
    for (const [value, problem] of [
      [null, /^it is no object$/],
      [{}, /^audio is no object$/],
      [{ audio: { sample_rate: 'x' }, espeak: { voice: 'de' }, phoneme_id_map: {} }, /sample_rate/],
      [
        { audio: { sample_rate: 16000 }, phoneme_type: 'pinyin' },
        /pinyin, which needs Piper itself/,
      ],
      [
        { audio: { sample_rate: 16000 }, espeak: {}, phoneme_id_map: {} },
        /^espeak.voice is no text/,
      ],
    ] as const) {
      assert.throws(() => parseConfig(value), { message: problem });
    }
  });
});

describe('Piper without a voice', () => {
  const settings: StageSettings = {
    ...{ ffmpegPath: '', modelsFolder: '/nowhere', device: 'auto', acceptNonCommercial: true },
  };

  it('says so in one sentence with the remedy, and auto goes on', async () => {
    const message = /^Expected a Piper voice [^\n]* run "lipwire voices pull [^\n]*\.$/;
    await assert.rejects(say('Hello.', { engine: 'piper' }), { code: 'E_MODEL_MISSING', message });
    const health = await piper.health(settings);
    assert.match(health.usable ? '' : health.sentence, message);
    assert.notEqual((await say('Hello.', { engine: 'auto' })).engine, 'piper');
  });
});

/** Each cue in order, inside of the sound. */
function checkCues({ cues = [], duration }: SpeechPayload): void {
  for (const type of ['phoneme', 'word'] as const) {
    let now = 0;
    for (const { start, end, value } of cues.filter((cue) => cue.type === type)) {
      assert.ok(start >= now && end > start, `${type} ${value} ${start} ${end}`);
      now = end;
    }
    assert.ok(now <= duration);
  }
}

describe('Piper with a real voice', function () {
  this.timeout(120_000);
  let folder: string;
  const studio = (more: object = {}) => ({
    ...{ modelsFolder: folder, acceptNonCommercial: true },
    ...more,
  });
  const speak = (text: string, settings: object = {}, more: object = {}) =>
    say(text, { engine: 'piper', ...settings }, undefined, {}, studio(more));

  before(async function () {
    const file = needFixture(this, VOICE);
    folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-piper-'));
    await mkdir(path.join(folder, 'voices'));
    await symlink(file, path.join(folder, 'voices/en_US-joe-medium.onnx'));
    await cp(`${file}.json`, path.join(folder, 'voices/en_US-joe-medium.onnx.json'));
  });
  after(async () => {
    await closeIdle(0);
    if (folder) await rm(folder, { recursive: true });
  });

  it('sounds, lasts and moves as Piper’s own does', async () => {
    const [file] = await piperFiles(folder);
    const settings = await piperConfig(file);
    const espeak = await loadEspeak();
    const options = { device: 'auto', durations: durationsOf };
    const work = async function* (network: VoiceNetwork): AsyncGenerator<boolean> {
      for (const [text, length, peak, at5000] of [
        ['Hello, world!', 24064, 0.4706, [0.0868, 0.0424, 0.0026, -0.0293]],
        ['How are you?', 15616, 0.5058, [-0.016, -0.0284, -0.0399, -0.0499]],
        ['Test 1.', 17152, 0.5591, [0.0438, 0.0066, -0.0604, -0.0093]],
        ['Test 2.', 16384, 0.6466, [-0.0172, -0.1243, -0.0099, 0.136]],
        ['The train leaves at nine.', 30464, 0.354, [0.0048, 0.003, 0.0014, -0.0017]],
      ] as const) {
        const signs = phonemesOf(readSentence(espeak, text, 'en-us'), settings);
        const { sound, frames = new Float32Array() } = await infer(
          network,
          signs,
          settings,
          0,
          QUIET,
        );
        assert.equal(sound.length, length, text);
        const highest = sound.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
        assert.ok(Math.abs(highest - peak) < 2e-4, `${highest}`);
        at5000.forEach((value, at) => assert.ok(Math.abs(sound[5000 + at] - value) < 2e-4));
        assert.equal(frames.reduce((sum, count) => sum + count, 0) * 256, length);
        if (text === 'Hello, world!') {
          const first = '2 2 1 2 3 3 2 3 3 3 3 3 2 2 4 6 6 1 3 3 3 3 3 2';
          assert.equal(frames.slice(0, 24).join(' '), first);
        }
        yield true;
      }
    };
    let count = 0;
    for await (const isRight of withVoiceNetwork(file.file, options, work))
      count += Number(isRight);
    assert.equal(count, 5);
  });

  it('is what auto takes for English, with words and phonemes', async () => {
    const text = 'Hello, Dr. Smith! The cow jumped over the moon.\n\nGood night.';
    const speech = await speak(text, { engine: 'auto' });
    const { engine, voice, language, sampleRate, notes } = speech;
    assert.deepEqual(
      [engine, voice, language, sampleRate, notes],
      ['piper', 'en_US-joe-medium', 'en-US', 22050, undefined],
    );
    assert.match(phonemes(speech), /^h ə l ˈo ʊ d ˈɑː k t ɚ s m ˈɪ θ ð ə k ˈa ʊ /);
    const said = 'Hello Dr Smith The cow jumped over the moon Good night';
    assert.equal(words(speech).join(' '), said);
    checkCues(speech);
    // Sentences and paragraphs are parted by pauses, the longer one between paragraphs.
    const at = (value: string) => (speech.cues ?? []).find((cue) => cue.value === value)!;
    const sentence = at('The').start - at('Smith').end;
    const paragraph = at('Good').start - at('moon').end;
    assert.ok(sentence > 0.35 && sentence < 0.7, `${sentence}`);
    assert.ok(paragraph > 0.65 && paragraph < 1.1, `${paragraph}`);
  });

  it('speaks faster with a higher rate, and says once that it has one pitch', async () => {
    const text = 'The quick brown fox jumps over the lazy dog. It does so every day.';
    const slow = await speak(text, { rate: 100 });
    const fast = await speak(text, { rate: 320, pitch: 70 });
    const ratio = slow.duration / fast.duration;
    assert.ok(ratio > 1.7 && ratio < 3.4, `${ratio}`);
    assert.equal(fast.notes?.length, 1);
  });

  it('is not taken for what it cannot say', async () => {
    assert.equal((await speak('Guten Tag', { engine: 'auto', language: 'de' })).engine, 'espeak');
    await assert.rejects(speak('Hallo', { language: 'de' }), { code: 'E_VOICE', message: /en-US/ });
    await assert.rejects(speak('Hi', { voice: 'jo' }), { code: 'E_VOICE', message: /joe/ });
    await assert.rejects(speak('Hi', { voice: 'joe+amy' }), {
      code: 'E_VOICE',
      message: /speaker/,
    });
    assert.equal((await speak('Hello there', { voice: 'joe' })).voice, 'en_US-joe-medium');
  });

  it('needs the licence to be accepted, and auto says why it is passed over', async () => {
    const more = { acceptNonCommercial: false };
    const message = /en_US-joe-medium does not allow commercial use .*lessac/;
    await assert.rejects(speak('Hi', {}, more), { code: 'E_MODEL_LICENCE', message });
    const { engine, notes } = await speak('Hi there', { engine: 'auto' }, more);
    assert.notEqual(engine, 'piper');
    assert.match((notes ?? []).map(({ text }) => text).join(), message);
  });

  it('lists the voice with its licence; another file is another cache key', async () => {
    const settings: StageSettings = { ...{ ffmpegPath: '', device: 'auto' }, ...studio() };
    const [voice] = await piper.voices(settings);
    assert.deepEqual(
      [voice.id, voice.name, voice.languages, voice.size],
      ['en_US-joe-medium', 'Joe (English, United States)', ['en-US'], 63201294],
    );
    assert.match(voice.licence, /lessac/);
    assert.deepEqual(await piper.health(settings), { usable: true, voices: 1 });
    const before = await piper.cacheKey('', settings);
    await writeFile(path.join(folder, 'de_DE-x-low.onnx'), 'x');
    await writeFile(path.join(folder, 'de_DE-x-low.onnx.json'), '{}');
    assert.notEqual(await piper.cacheKey('', settings), before);
    // One that is damaged does not take the others away.
    assert.equal((await piper.voices(settings)).length, 1);
    assert.ok(fixture(VOICE));
  });

  it('stops between two sentences when it is cancelled', async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 300);
    const long = 'This sentence takes a little time to be spoken. '.repeat(60);
    const speaking = say(long, { engine: 'piper' }, abort.signal, {}, studio());
    await assert.rejects(speaking, { code: 'E_CANCELLED' });
  });
});
