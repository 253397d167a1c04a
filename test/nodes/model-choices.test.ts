import assert from 'node:assert/strict';
import { modelChoices } from '../../nodes/studio/models';
import type { ModelStatus } from '../../src/ml/store/store';

/** A published file that is not installed, unless a test says otherwise. */
function model(name: string, more: Partial<ModelStatus> = {}): ModelStatus {
  return {
    ...{ name, title: name, file: `${name}.onnx`, kind: 'wav2lip-96', network: name },
    ...{ licence: 'research only', commercialUse: false, terms: null, known: true },
    ...{ installed: false, valid: null, problem: null, bytes: 1, sha256: null, by: null },
    ...{ canPull: true, partialBytes: 0 },
    ...more,
  };
}

describe('Which models the dialog of wav2lip offers', () => {
  const missing = ['wav2lip_gan', 'wav2lip', 'wav2lip_256'].map((name) => model(name));
  const statesOf = (models: ModelStatus[], accept: boolean): Record<string, string> =>
    Object.fromEntries(modelChoices(models, accept).map(({ name, state }) => [name, state]));

  it('are the built-in engine, the published networks and the own files', () => {
    const own = model('mine', { kind: 'own', network: null, known: false, installed: true });
    const names = modelChoices([...missing, own], true).map(({ name }) => name);
    assert.deepEqual(names, ['auto', 'builtin', 'wav2lip_gan', 'wav2lip', 'wav2lip_256', 'mine']);
  });

  it('say what auto takes, or why it takes the built-in engine', () => {
    const auto = (models: ModelStatus[], accept: boolean) => modelChoices(models, accept)[0];
    assert.equal(auto(missing, true)?.takes, 'builtin');
    assert.equal(auto(missing, true)?.state, 'missing');
    const installed = [model('wav2lip_256', { installed: true, valid: true })];
    assert.equal(auto(installed, false)?.takes, 'builtin');
    assert.equal(auto(installed, false)?.state, 'licence');
    assert.equal(auto(installed, true)?.takes, 'wav2lip_256');
    const both = [...installed, model('wav2lip_gan', { installed: true, valid: null })];
    assert.equal(auto(both, true)?.takes, 'wav2lip_gan');
  });

  it('take a network from any file with its weights, but a damaged one', () => {
    const onnx = model('wav2lip_gan_onnx', { network: 'wav2lip_gan', installed: true });
    assert.equal(statesOf([onnx], true)['wav2lip_gan'], 'ready');
    const damaged = { ...onnx, valid: false, problem: 'ends too early' };
    assert.equal(statesOf([damaged], true)['wav2lip_gan'], 'broken');
    const sound = model('wav2lip_gan', { installed: true, valid: true });
    assert.equal(statesOf([damaged, sound], true)['wav2lip_gan'], 'ready');
    const [alias] = modelChoices([onnx], false).filter((choice) => choice.alias);
    assert.deepEqual([alias?.name, alias?.state], ['wav2lip_gan_onnx', 'licence']);
  });

  it('treat a file of the user as non-commercial, and leave out what moves no lips', () => {
    const own = { kind: 'own', network: null, commercialUse: null, installed: true } as const;
    const detector = model('s3fd', { kind: 's3fd', installed: true });
    const states = statesOf([model('mine', own), detector], false);
    assert.equal(states['mine'], 'licence');
    assert.ok(!('s3fd' in states));
  });
});
