import assert from 'node:assert/strict';
import { LipwireError } from '../../src/media';
import {
  objectSource,
  resolveParameters,
  STAGE_PARAMETERS,
  TTS,
  WAV2LIP,
} from '../../src/stages/parameters';
import { STAGE_NAMES } from '../../src/stages/catalogue';

describe('stage parameters', () => {
  it('exist for every stage, with defaults inside their own limits', () => {
    for (const stage of STAGE_NAMES) {
      const defaults = resolveParameters(STAGE_PARAMETERS[stage], []);
      const again = resolveParameters(STAGE_PARAMETERS[stage], [objectSource('', defaults)]);
      assert.deepEqual(again, defaults);
    }
  });

  it('take a message property before a setting before a default', () => {
    const sources = [
      objectSource('msg.', { rate: 200, voice: '' }),
      objectSource('', { rate: 120, voice: 'ar', pitch: null }),
    ];
    const values = resolveParameters(TTS, sources);
    assert.equal(values.rate, 200);
    assert.equal(values.voice, 'ar');
    assert.equal(values.pitch, 50);
  });

  it('take numbers and flags as the strings that settings and MQTT bring', () => {
    const values = resolveParameters(WAV2LIP, [
      objectSource('', { fps: '29.97', blinks: 'false' }),
    ]);
    assert.equal(values.fps, 29.97);
    assert.equal(values.blinks, false);
  });

  const wrong: [parameter: string, value: unknown][] = [
    ['fps', 'fast'],
    ['fps', -1],
    ['fps', NaN],
    ['fps', [25]],
    ['fps', ' '],
    ['model', '../gan'],
    ['blend', 'hard'],
    ['model', 5],
    ['blinks', 'maybe'],
    ['blinks', {}],
  ];
  for (const [parameter, value] of wrong) {
    it(`refuse ${JSON.stringify(value)} for ${parameter}, naming it`, () => {
      assert.throws(
        () => resolveParameters(WAV2LIP, [objectSource('msg.', { [parameter]: value })]),
        (error: unknown) =>
          error instanceof LipwireError &&
          error.code === 'E_INPUT' &&
          error.message.includes(`msg.${parameter}`),
      );
    });
  }
});
