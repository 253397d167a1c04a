import assert from 'node:assert/strict';
import { expectLicence, mayRun } from '../../../src/ml/store/manifest';

const free = { name: 'yunet', licence: 'MIT', commercialUse: true };
const research = { name: 'wav2lip', licence: 'research only', commercialUse: false };
const own = { name: 'mine', licence: 'not known', commercialUse: null };

describe('licences of models', () => {
  it('let a model for any use run always, all others only when that was accepted', () => {
    assert.deepEqual(
      [free, research, own].map((model) => mayRun(model, false)),
      [true, false, false],
    );
    assert.deepEqual(
      [free, research, own].map((model) => mayRun(model, true)),
      [true, true, true],
    );
  });

  it('are named when they stop a model, with where to accept them', () => {
    expectLicence(free, false);
    expectLicence(research, true);
    assert.throws(() => expectLicence(research, false), {
      code: 'E_MODEL_LICENCE',
      message: /wav2lip does not allow commercial use \(research only\).*I accept model licences/,
    });
    assert.throws(() => expectLicence(own, false), {
      code: 'E_MODEL_LICENCE',
      message: /licence of mine is not known/,
    });
  });
});
