import assert from 'node:assert/strict';
import path from 'node:path';
import fc from 'fast-check';
import { isModelName } from '../../src/contract';
import { safeModelName } from '../../src/ml/store/manifest';

const FRAGMENTS = [
  '..',
  '/',
  '\\',
  'con',
  'NUL',
  '.',
  ' ',
  'ü',
  '\u202e',
  '\0',
  'lpt1',
  '~',
  '%2e',
  ':',
];

describe('names of models', () => {
  it('come from file names in a way that can be typed', () => {
    const cases: [string, string][] = [
      ['wav2lip_gan.pth', 'wav2lip_gan'],
      ['C:\\Models\\My Model (2).ONNX', 'my-model-2'],
      ['/home/me/été.pt', 'ete'],
      ['model.v2.onnx', 'model.v2'],
      ['../../etc/passwd', 'passwd'],
      ['模型.pth', 'model'],
      ['.hidden.onnx', 'hidden'],
      ['con.onnx', 'model-con'],
      ['LPT1.tar.pth', 'model-lpt1.tar'],
      ['', 'model'],
      ['....', 'model'],
    ];
    for (const [file, name] of cases) assert.equal(safeModelName(file), name, file);
  });

  it('are safe on every file system, whatever the file was called', () => {
    const nasty = fc.array(
      fc.oneof(fc.constantFrom(...FRAGMENTS), fc.string({ unit: 'grapheme' })),
    );
    fc.assert(
      fc.property(nasty, (parts) => {
        const name = safeModelName(parts.join(''));
        assert.ok(isModelName(name), name);
        for (const { resolve, dirname } of [path.posix, path.win32]) {
          assert.equal(dirname(resolve('/models', `${name}.pth`)), resolve('/models'));
        }
        assert.equal(name, name.toLowerCase());
        assert.equal(safeModelName(`${name}.onnx`), name);
      }),
    );
  });

  it('do not lead out of a folder, hide a file or mean a device', () => {
    const bad = [
      '..',
      'a/b',
      'a\\b',
      '.a',
      'a..b',
      'con',
      'nul.x',
      'com1.pth',
      'A',
      'a ',
      'a.',
      '',
      'ü',
    ];
    for (const name of [...bad, 'a'.repeat(65), 'a\n'])
      assert.equal(isModelName(name), false, name);
  });
});
