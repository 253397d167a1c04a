/** Kokoro, with the network of the fixtures where it is. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { StageSettings } from '../../../src/contract';
import { kokoro } from '../../../src/tts/kokoro/engine';
import { kokoroFiles, styleOf } from '../../../src/tts/kokoro/files';
import { durationsOf, infer } from '../../../src/tts/kokoro/speak';
import { kokoroSigns, tokensOf } from '../../../src/tts/kokoro/tokens';
import { closeIdle, withVoiceNetwork, type VoiceNetwork } from '../../../src/tts/neural/networks';
import type { Sign } from '../../../src/tts/neural/reading';
import { needFixture } from '../../support/fixtures';
import { phonemes, say, words } from '../helpers';

const NETWORK = 'models/kokoro/kokoro-v1.0.int8.onnx';
const signsOf = (text: string): Sign[] =>
  [...text.normalize('NFD')].map((value) => ({ value, word: 0 }));

function settings(modelsFolder: string): StageSettings {
  return { ...{ ffmpegPath: '', modelsFolder, device: 'auto', acceptNonCommercial: false } };
}

describe('the tokens of Kokoro', () => {
  it('are those of its vocabulary, and what it does not know is left out', () => {
    for (const [text, ids] of [
      ['hˌaʊ kʊd aɪ nˈoʊ?', '50 157 43 135 16 53 135 46 16 43 102 16 56 156 57 135 6'],
      ['ðə tˈiʧəɹ', '81 83 16 62 156 51 133 83 123'],
      ['mˈInd.', '55 156 25 56 46 4'],
      ['a\u0329b', '43 44'],
    ] as const) {
      assert.equal(tokensOf(signsOf(text)).ids.join(' '), `0 ${ids} 0`);
    }
    assert.equal(tokensOf(signsOf('a'.repeat(600))).ids.length, 512);
  });

  for (const [language, read, expected] of [
    ['en-us', 'mˈaɪnd tˈiːtʃɚ bˈɜːd', 'mˈInd tˈiʧəɹ bˈɜɹd'],
    ['en-us', 'ɡˈoʊ nˈaʊ dʒˈɔɪ dˈeɪ', 'ɡˈO nˈW ʤˈY dˈA'],
    ['en-gb-x-rp', 'ɡˈəʊ bˈɜːd ðeə', 'ɡˈQ bˈɜːd ðɛː'],
    ['it', 'tʃˈao', 'ʧˈao'],
    ['de', 'ɪç', 'ɪç'],
  ] as const) {
    it(`of ${read} in ${language} are ${expected}`, () => {
      const signs = kokoroSigns(signsOf(read), language);
      assert.equal(signs.map(({ value }) => value).join(''), expected);
    });
  }

  it('are IPA again in cues', () => {
    const { signs } = tokensOf(signsOf('ʤIᵊ'));
    assert.deepEqual(
      signs.map(({ value }) => value),
      ['dʒ', 'aɪ', 'ə'],
    );
  });
});

describe('the lengths that Kokoro holds', () => {
  it('are what the clip gives behind the only rounding', () => {
    const round = { operator: 'Round', inputs: ['a'], outputs: ['b'] };
    const clip = { operator: 'Clip', inputs: ['b', 'low'], outputs: ['c'] };
    const other = { operator: 'Clip', inputs: ['x'], outputs: ['y'] };
    assert.equal(durationsOf([other, round, clip]), 'c');
    assert.equal(durationsOf([round, round, clip]), undefined);
    assert.equal(durationsOf([round, other]), undefined);
  });
});

describe('Kokoro without its files', () => {
  it('says in one sentence what to put where', async () => {
    const message = /^Expected a network of Kokoro [^\n]* put kokoro-v1\.0\.onnx[^\n]*\.$/;
    await assert.rejects(say('Hello.', { engine: 'kokoro' }), { code: 'E_MODEL_MISSING', message });
    const health = await kokoro.health(settings('/nowhere'));
    assert.match(health.usable ? '' : health.sentence, message);
  });

  it('refuses a voice of another size, and an archive that is none', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-kokoro-'));
    try {
      const file = path.join(folder, 'af_x.bin');
      await writeFile(file, Buffer.alloc(1500));
      const { voices } = await kokoroFiles(folder);
      await assert.rejects(styleOf(voices[0], 3), { code: 'E_MODEL_INVALID' });
      await writeFile(path.join(folder, 'voices.npz'), 'no zip');
      await assert.rejects(kokoroFiles(folder), { code: 'E_MODEL_INVALID' });
      assert.match(await kokoro.cacheKey('', settings(folder)), /damaged/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('Kokoro with its real network', function () {
  this.timeout(180_000);
  let folder: string;
  before(function () {
    folder = path.dirname(needFixture(this, NETWORK));
  });
  after(() => closeIdle(0));

  it('has the same style in both forms of a voice', async () => {
    const { voices } = await kokoroFiles(folder);
    const ids = ['jf_alpha', 'jf_gongitsune', 'jf_nezumi', 'jf_tebukuro', 'jm_kumo'];
    assert.deepEqual(voices.map(({ id }) => id).sort(), ids);
    const single = { id: 'jf_alpha', file: path.join(folder, 'voices/jf_alpha.bin') };
    const archived = {
      id: 'jf_alpha',
      file: path.join(folder, 'voices_ja.npz'),
      entry: 'jf_alpha.npy',
    };
    for (const row of [0, 41, 509, 9999]) {
      assert.deepEqual(await styleOf(archived, row), await styleOf(single, row));
    }
  });

  it('sounds and lasts as it should, at two speeds', async () => {
    const { network: file, voices } = await kokoroFiles(folder);
    const voice = voices.find(({ id }) => id === 'jf_alpha');
    assert.ok(file && voice);
    const ids = tokensOf(signsOf('həlˈoʊ fɹʌm ðɪ ˈʌðɚ sˈaɪd ʌv ðə stˈeɪʃən.'));
    assert.equal(ids.ids.length, 43);
    const work = async function* (network: VoiceNetwork): AsyncGenerator<number> {
      for (const [speed, length] of [
        [1, 70_800],
        [0.8, 87_000],
      ]) {
        const { sound, frames = new Float32Array() } = await infer(network, ids, voice, speed);
        assert.equal(sound.length, length);
        assert.equal(frames.reduce((sum, count) => sum + count, 0) * 600, length);
        if (speed === 1) {
          const golden =
            '13 2 3 2 3 3 3 2 1 1 2 1 1 1 2 2 2 2 2 2 3 2 3 2 1 1 1 1 1 1 1 1 2 2 2 2 2 4 4 3 21 7 1';
          assert.equal(frames.join(' '), golden);
        }
        yield length;
      }
    };
    const options = { device: 'auto', durations: durationsOf };
    const lengths: number[] = [];
    for await (const length of withVoiceNetwork(file, options, work)) lengths.push(length);
    assert.equal(lengths.length, 2);
  });

  it('speaks English with a Japanese voice, with words and phonemes', async () => {
    const wish = { engine: 'kokoro', voice: 'jf_alpha', language: 'en-US', pitch: 60 };
    const speech = await say('The blue boat is mine.', wish, undefined, {}, settings(folder));
    assert.deepEqual(
      [speech.engine, speech.voice, speech.sampleRate],
      ['kokoro', 'jf_alpha', 24000],
    );
    assert.deepEqual(words(speech), ['The', 'blue', 'boat', 'is', 'mine']);
    assert.equal(phonemes(speech), 'ð ə b l ˈu b ˈoʊ t ɪ z m ˈaɪ n');
    assert.equal(speech.notes?.length, 1);
    const { cues = [], duration } = speech;
    assert.ok(cues.every(({ start, end }) => end > start && end <= duration));
    const auto = { engine: 'kokoro', language: 'de' };
    await assert.rejects(say('Hallo', auto, undefined, {}, settings(folder)), { code: 'E_VOICE' });
    const [voice] = await kokoro.voices(settings(folder));
    assert.deepEqual(
      [voice.licence, voice.languages, voice.installed],
      ['Apache-2.0', ['ja-JP'], true],
    );
  });
});
