import assert from 'node:assert/strict';
import {
  LipwireError,
  resolveParameters,
  type ErrorCode,
  type ParameterTable,
  type StageSettings,
} from '../../src/contract';
import { installedVersion } from '../../src/files/package-root';
import { chooseEngine } from '../../src/tts/choose';
import type { TtsEngine, Voice, VoiceWish } from '../../src/tts/engine';
import { TTS_ENGINES } from '../../src/tts/engines';
import { espeak } from '../../src/tts/espeak/engine';
import { engineKeys, tts } from '../../src/tts/stage';
import { allVoices, engineHealths } from '../../src/tts/voices';
import { say } from './helpers';

const SETTINGS: StageSettings = {
  ...{ ffmpegPath: '', modelsFolder: '', device: 'auto', acceptNonCommercial: false },
};

interface Trait {
  languages?: string[];
  voices?: string[];
  fails?: ErrorCode;
  parameters?: ParameterTable;
  version?: string;
}

/** An engine that has a few voices and languages, or is not there. */
function engine(id: string, trait: Trait = {}): TtsEngine {
  const { languages = [], voices = [], fails, parameters = {}, version = '1' } = trait;
  const failing = (code: ErrorCode) => new LipwireError(code, `${id} says ${code}.`);
  const all = voices.map((voice): Voice => {
    const facts = { name: voice, identifier: voice, licence: 'MIT', installed: true } as const;
    return { id: voice, engine: id, languages, gender: 'unknown', ...facts };
  });
  return {
    id,
    title: id.toUpperCase(),
    parameters,
    packages: [],
    voices: () => (fails ? Promise.reject(failing(fails)) : Promise.resolve(all)),
    health: () =>
      Promise.resolve(
        fails
          ? { usable: false, code: fails, sentence: failing(fails).message }
          : { usable: true, voices: voices.length },
      ),
    cacheKey: () => Promise.resolve(version),
    chooseVoice({ voice, language }) {
      if (fails) return Promise.reject(failing(fails));
      const has = voice ? voices.includes(voice) : languages.includes(language);
      if (!has) return Promise.reject(failing('E_VOICE'));
      return Promise.resolve({ id: voice || voices[0], language });
    },
    async *speak() {
      yield* [];
    },
  };
}

describe('the engine that speaks', () => {
  const variant = { variant: { type: 'text', default: '', maxLength: 9 } } as const;
  const smooth = engine('smooth', { languages: ['en'], voices: ['amy', 'both'] });
  const broad = engine('broad', {
    ...{ languages: ['en', 'ar'], voices: ['max', 'both'], parameters: variant },
  });
  const engines = [smooth, broad];
  const choose = async (asked: string, wish: Partial<VoiceWish>, of = engines): Promise<string> => {
    const whole = {
      ...{ text: 'x', voice: '', language: 'en', parameters: { variant: '' }, settings: SETTINGS },
      ...wish,
    };
    const { engine: chosen, voice, notes } = await chooseEngine(of, asked, whole);
    return [chosen.id, voice.id, ...notes].join(' ');
  };

  it('is the one that is named, whatever the others can', async () => {
    assert.equal(await choose('broad', {}), 'broad max');
    await assert.rejects(choose('smooth', { language: 'ar' }), { code: 'E_VOICE' });
  });

  it('is for auto the first that speaks the language', async () => {
    assert.equal(await choose('auto', {}), 'smooth amy');
    assert.equal(await choose('auto', { language: 'ar' }), 'broad max');
  });

  it('is for auto the first that has the voice', async () => {
    assert.equal(await choose('auto', { voice: 'max' }), 'broad max');
    assert.equal(await choose('auto', { voice: 'both' }), 'smooth both');
  });

  it('is for auto the one whose own parameter is set', async () => {
    assert.equal(await choose('auto', { parameters: { variant: 'f3' } }), 'broad max');
  });

  it('is for auto the next where one is not installed, and a damaged one is told', async () => {
    const absent = engine('absent', { fails: 'E_MODEL_MISSING' });
    const damaged = engine('damaged', { fails: 'E_MODEL_INVALID' });
    assert.equal(await choose('auto', {}, [absent, broad]), 'broad max');
    const told = await choose('auto', {}, [damaged, broad]);
    assert.equal(told, 'broad max damaged says E_MODEL_INVALID.');
  });

  it('is never one that speaks only by name, unless it is named', async () => {
    const shy = { ...engine('shy', { languages: ['en'], voices: ['eve'] }), onlyByName: true };
    assert.equal(await choose('auto', {}, [shy, smooth]), 'smooth amy');
    assert.equal(await choose('shy', {}, [shy, smooth]), 'shy eve');
    assert.deepEqual(await engineKeys([shy, smooth], 'auto', '', SETTINGS), { smooth: '1' });
    assert.deepEqual(await engineKeys([shy, smooth], 'shy', '', SETTINGS), { shy: '1' });
  });

  it('is missed with what the last one says', async () => {
    const absent = engine('absent', { fails: 'E_MODEL_MISSING' });
    await assert.rejects(choose('auto', { language: 'ar' }, [smooth, absent]), {
      code: 'E_MODEL_MISSING',
    });
    await assert.rejects(choose('auto', { voice: 'eve' }), { message: 'broad says E_VOICE.' });
  });

  it('is told by the payload', async () => {
    const engine = 'auto';
    assert.equal((await say('Hello.', { engine: 'espeak' })).engine, 'espeak');
    assert.equal((await say('مرحبا', { engine })).engine, 'espeak');
    assert.equal((await say('Hello.', { engine, voice: 'en-gb' })).engine, 'espeak');
    assert.equal((await say('Hello.', { engine, variant: 'f3' })).voice, 'en-us+f3');
  });

  it('is auto where nothing is set', () => {
    assert.equal(resolveParameters(tts.parameters, []).engine, 'auto');
    assert.deepEqual(tts.parameters.engine.of, ['auto', ...TTS_ENGINES.map(({ id }) => id)]);
  });
});

describe('the cache key of speech', () => {
  it('changes when an engine that may speak is installed or upgraded', async () => {
    const other = engine('other');
    const key = (version: string, asked: string) =>
      engineKeys([engine('one', { version }), other], asked, '', SETTINGS);
    assert.notDeepEqual(await key('1', 'one'), await key('2', 'one'));
    assert.notDeepEqual(await key('1', 'auto'), await key('2', 'auto'));
    assert.deepEqual(await key('1', 'other'), await key('2', 'other'));
  });

  it('holds the version of the eSpeak package', async () => {
    const version = await installedVersion('@echogarden/espeak-ng-emscripten');
    assert.match(version ?? '', /^\d/);
    assert.equal(await espeak.cacheKey(), version);
  });
});

describe('the voices of all engines', () => {
  it('are listed with their engine, though one engine is not installed', async () => {
    const absent = engine('absent', { fails: 'E_MODEL_MISSING' });
    const { voices, engines } = await allVoices(SETTINGS, [
      absent,
      engine('here', { voices: ['amy'] }),
    ]);
    assert.deepEqual(
      voices.map(({ id, engine: by }) => [id, by]),
      [['amy', 'here']],
    );
    assert.deepEqual(engines[1], { id: 'here', title: 'HERE' });
    await assert.rejects(allVoices(SETTINGS, [absent]), { code: 'E_MODEL_MISSING' });
  });

  it('come with the health of their engines', async () => {
    const absent = engine('absent', { fails: 'E_MODEL_MISSING' });
    const sentence = 'absent says E_MODEL_MISSING.';
    assert.deepEqual(await engineHealths(SETTINGS, [absent]), [
      {
        id: 'absent',
        title: 'ABSENT',
        health: { usable: false, code: 'E_MODEL_MISSING', sentence },
      },
    ]);
    const [health] = (await engineHealths(SETTINGS)).filter(({ id }) => id === 'espeak');
    assert.equal(health.health.usable, true);
  });
});
