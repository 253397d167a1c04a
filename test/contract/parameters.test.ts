import assert from 'node:assert/strict';
import { LipwireError, objectSource, resolveParameters } from '../../src/contract';
import { STAGE_NAMES, STAGES } from '../../src/stages';
import { tts } from '../../src/tts/stage';
import { wav2lip } from '../../src/lipsync/stage';

describe('stage parameters', () => {
  it('exist for every stage, with defaults inside their own limits', () => {
    for (const stage of STAGE_NAMES) {
      const defaults = resolveParameters(STAGES[stage].parameters, []);
      const again = resolveParameters(STAGES[stage].parameters, [objectSource('', defaults)]);
      assert.deepEqual(again, defaults);
    }
  });

  it('take a message property before a setting before a default', () => {
    const sources = [
      objectSource('msg.', { rate: 200, voice: '' }),
      objectSource('', { rate: 120, voice: 'ar', pitch: null }),
    ];
    const values = resolveParameters(tts.parameters, sources);
    assert.equal(values.rate, 200);
    assert.equal(values.voice, 'ar');
    assert.equal(values.pitch, 50);
  });

  it('take numbers and flags as the strings that settings and MQTT bring', () => {
    const values = resolveParameters(wav2lip.parameters, [
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
        () => resolveParameters(wav2lip.parameters, [objectSource('msg.', { [parameter]: value })]),
        (error: unknown) =>
          error instanceof LipwireError &&
          error.code === 'E_INPUT' &&
          error.message.includes(`msg.${parameter}`),
      );
    });
  }
});
