import assert from 'node:assert/strict';
import { corpus } from './corpus';
import { fuzzCases } from './fuzz';
import { messageCases } from './messages';
import { runCorpus, type CorpusReport } from './run-corpus';
import { runMessages } from './run-messages';

/** Every so many cases of a kind are run here, and all of them by bench/corpus.ts. */
const STEP: Record<string, number> = {
  sound: 2,
  image: 8,
  video: 20,
  text: 2,
  checkpoint: 1,
  onnx: 1,
};
const FUZZED = 40;

/** The faults of a run, as text. */
function faultsOf(results: CorpusReport['results']): string[] {
  return results.flatMap(({ kind, name, faults, sentence }) =>
    faults.map((fault) => `${kind}: ${name}: ${fault} (${sentence})`),
  );
}

describe('The corpus of hostile and broken input', function () {
  this.timeout(300_000);
  let report: CorpusReport;

  before(async () => {
    const light = corpus().filter(({ isHeavy }) => !isHeavy);
    const cases = Object.entries(STEP).flatMap(([kind, step]) =>
      light.filter((one) => one.kind === kind).filter((_, index) => index % step === 0),
    );
    report = await runCorpus([...cases, ...fuzzCases(1, FUZZED)]);
  });

  it('has 500 cases and more, of every kind, and none twice', () => {
    const cases = corpus();
    assert.ok(cases.length >= 500, `${cases.length}`);
    assert.deepEqual([...new Set(cases.map(({ kind }) => kind))], Object.keys(STEP));
    const names = cases.map(({ kind, name }) => `${kind}: ${name}`);
    assert.deepEqual(
      names.filter((name, index) => names.indexOf(name) !== index),
      [],
    );
  });

  it('ends each case as it should, with one sentence, nothing behind it, and the next message fine', () => {
    assert.ok(report.results.length >= 350, `${report.results.length}`);
    assert.deepEqual(faultsOf(report.results), []);
  });

  it('never ends the engine process, and leaves no process and no file behind', () => {
    assert.equal(report.engineDeaths, 0);
    assert.deepEqual(report.leftOver, []);
  });

  it('takes and refuses values of every JavaScript type in every property, and ends each message once', async () => {
    const results = await runMessages();
    assert.equal(results.length, messageCases().length);
    assert.ok(results.length > 5000);
    assert.deepEqual(faultsOf(results), []);
  });
});
