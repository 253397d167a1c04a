import assert from 'node:assert/strict';
import { knownModels } from '../../../src/ml/tfjs/packaged';
import { parseManifest, storeModels } from '../../../src/ml/store/manifest';
import { onnxFile, published } from './support';

describe('the list of models', () => {
  it('has the published Wav2Lip files with their sizes and hashes', () => {
    const byId = new Map(storeModels().map((model) => [model.id, model]));
    const facts: [string, number, string][] = [
      [
        'wav2lip_gan',
        435801865,
        'ca9ab7b7b812c0e80a6e70a5977c545a1e8a365a6c49d5e533023c034d7ac3d8',
      ],
      ['wav2lip', 435807851, 'b78b681b68ad9fe6c6fb1debc6ff43ad05834a8af8a62ffc4167b7b34ef63c37'],
      [
        'wav2lip_gan_onnx',
        145175471,
        '4e67552e9bb8f981eab6d8a03ab3436fa57c3c450704512969bf51f88ccb2d28',
      ],
      [
        'wav2lip_onnx',
        145175471,
        '902d7719f0ebbd461f956da8f603f02e84c019d8d64cfe25402a217605b2e690',
      ],
      [
        'wav2lip_256',
        214402122,
        'bfeb0ab1ef3097f456f6fdcd506d3b32ee8a42f762a6722b42d0f1ca5b64e83c',
      ],
      ['s3fd', 89843225, '619a31681264d3f7f7fc7a16a42cbbe8b23f31a256f75a366e5a1bcd59b33543'],
      ['yunet', 232589, '8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4'],
    ];
    for (const [id, bytes, hash] of facts) {
      assert.equal(byId.get(id)?.bytes, bytes, id);
      assert.equal(byId.get(id)?.sha256, hash, id);
    }
    assert.deepEqual(byId.get('wav2lip_gan_96')?.sha256, undefined);
  });

  it('allows commercial use of no Wav2Lip weights', () => {
    const lips = storeModels().filter(({ kind }) => kind.startsWith('wav2lip'));
    assert.equal(lips.length, 7);
    assert.ok(lips.every(({ commercialUse }) => !commercialUse));
  });

  it('keeps what comes with a package apart from what the store gets', () => {
    assert.deepEqual(
      knownModels().map(({ id }) => id),
      ['blazeface', 'facemesh', 'attention-mesh', 'faceres'],
    );
    assert.ok(storeModels().every(({ id }) => id !== 'blazeface' && id !== 'facemesh'));
  });

  const good = published(onnxFile());
  const wrong: [string, object, RegExp][] = [
    ['a path for a file', { file: '../lips.onnx' }, /lips\.file/],
    ['a device of Windows for a file', { file: 'con.onnx' }, /lips\.file/],
    ['an ending that is not the format’s', { file: 'lips.pth' }, /ends in \.onnx/],
    ['a name with a slash', { id: 'a/b' }, /a model name/],
    ['a kind that nobody runs', { kind: 'diffusion' }, /wav2lip-96/],
    ['an address without https', { sources: ['http://example.org/a'] }, /https/],
    ['a file address', { sources: ['file:///etc/passwd'] }, /https/],
    ['no source', { sources: [] }, /https/],
    ['a size without a hash', { sha256: undefined }, /64 hexadecimal/],
    ['a hash in capitals', { sha256: 'A'.repeat(64) }, /64 hexadecimal/],
    ['a hash without a size', { bytes: undefined }, /a size/],
    ['a size that is a text', { bytes: '5' }, /a size/],
    ['no word on commercial use', { commercialUse: undefined }, /true or false/],
  ];
  for (const [what, change, pattern] of wrong) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => parseManifest({ models: [{ ...good, ...change }] }),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'E_MODEL_INVALID');
          assert.match(error.message, pattern);
          return true;
        },
      );
    });
  }

  it('refuses two models of the same name or file', () => {
    assert.throws(() => parseManifest({ models: [good, good] }), /of its own/);
    assert.throws(() => parseManifest({ models: [good, { ...good, id: 'other' }] }), /of its own/);
  });

  it('refuses what is no list at all', () => {
    for (const value of [null, 5, {}, { models: 'none' }, { models: [null, 5] }]) {
      const parse = (): unknown => parseManifest(value);
      if (
        value &&
        typeof value === 'object' &&
        Array.isArray((value as { models?: unknown }).models)
      ) {
        assert.throws(parse, { code: 'E_MODEL_INVALID' });
      } else assert.throws(parse, /a list/);
    }
  });
});
