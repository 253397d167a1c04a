import assert from 'node:assert/strict';
import { featuresIn } from '../../src/runtime/worker/health';
import type { ModelStatus } from '../../src/ml/store/store';
import {
  checkLines,
  modelsCheck,
  nodeCheck,
  packagesCheck,
  healthChecks,
  diskCheck,
  inTwo,
} from '../../src/runtime/health';

const MIB = 1024 ** 2;

describe('the checks of the doctor', () => {
  it('take a Node.js that is new enough', () => {
    for (const version of ['v20.9.0', 'v22.0.1', 'v26.0.0']) assert.ok(nodeCheck(version).ok);
    for (const version of ['v18.20.0', 'v20.8.9']) {
      assert.match(nodeCheck(version).remedy!, /install Node\.js 20\.9/);
    }
  });

  it('name packages that are missing, other than those with checks of their own', () => {
    const { ok, text, remedy } = packagesCheck({ 'hls.js': null, sharp: null, a: '1.0.0' });
    assert.ok(!ok);
    assert.equal(text, 'hls.js not installed');
    assert.match(remedy!, /npm install hls\.js"/);
    assert.ok(packagesCheck({ sharp: null, 'onnxruntime-node': null, a: '1.0.0' }).ok);
  });

  it('want some free space', () => {
    assert.ok(diskCheck('/x', 300 * MIB).ok);
    assert.match(diskCheck('/x', 20 * MIB).remedy!, /free 256 MiB or more/);
  });

  it('tell models apart by what may be done with them', () => {
    const model = (name: string, facts: Partial<ModelStatus>) =>
      ({ name, installed: true, valid: null, commercialUse: false, ...facts }) as ModelStatus;
    const models = [
      model('free', { commercialUse: true }),
      model('bound', {}),
      model('absent', { installed: false }),
    ];
    const closed = modelsCheck(models, '/m', false);
    assert.equal(closed.text, 'free (for any use), bound (licence not accepted) in /m');
    assert.match(closed.remedy!, /accept non-commercial licences/);
    // Without any the built-in engine is there.
    assert.equal(closed.needed, false);
    const open = modelsCheck(models, '/m', true);
    assert.ok(open.ok);
    assert.match(open.text, /bound \(licence accepted\)/);
    const broken = modelsCheck([model('bad', { valid: false, problem: 'is cut off' })], '/m', true);
    assert.match(broken.text, /bad \(broken: the file is cut off\)/);
    assert.match(broken.remedy!, /models remove/);
  });

  it('read the features of processors', () => {
    const intel = 'processor\t: 0\nflags\t\t: fpu sse4_1 avx2 avx512f avx512_vnni\n';
    assert.deepEqual(featuresIn(intel), ['SSE4.1', 'AVX2', 'AVX-512', 'AVX-512 VNNI']);
    const arm = 'BogoMIPS\t: 108.00\nFeatures\t: fp asimd evtstrm asimddp\n';
    assert.deepEqual(featuresIn(arm), ['NEON', 'dot product']);
    assert.deepEqual(featuresIn('Hardware: something else'), []);
  });

  it('say what is missing in two halves, also where the remedy has parentheses', () => {
    assert.deepEqual(inTwo('Expected a (b; c) but it is not; run d (e; f).'), {
      text: 'Expected a (b; c) but it is not',
      remedy: 'run d (e; f)',
    });
    assert.deepEqual(inTwo('Nothing can be done.'), { text: 'Nothing can be done' });
  });

  it('do without speech, but not without pictures', () => {
    const error = { code: 'E_NATIVE', message: 'Expected it but it is not; install it.' } as const;
    const unusable = { usable: false, code: error.code, sentence: error.message } as const;
    const checks = healthChecks(
      {
        machine: { processor: { name: 'Abacus', count: 2, features: [] } },
        onnx: {
          usable: true,
          library: 'onnxruntime-node',
          device: 'cpu',
          devices: [
            { device: 'cpu', state: 'usable' },
            { device: 'cuda', state: 'failed', reason: 'no' },
          ],
        },
        ffmpeg: { usable: true, version: '7.1', ffmpegPath: '/ffmpeg', ffprobePath: '/ffprobe' },
        pictures: unusable,
        speech: [{ id: 'mute', title: 'Mute', health: unusable }],
      },
      { 'onnxruntime-node': '1.30.0' },
    );
    const amiss = checks.filter(({ ok }) => !ok).map(({ name, needed }) => [name, needed]);
    assert.deepEqual(amiss, [
      ['pictures', true],
      ['speech', false],
    ]);
    const lines = checkLines({ checks }).join('\n');
    assert.match(lines, /✔ onnx +onnxruntime-node 1\.30\.0\n/);
    assert.match(lines, /✔ devices +cpu; cuda does not work \(no\)\n/);
    assert.match(lines, /✘ pictures +Expected it but it is not\n +→ install it\n/);
  });
});
