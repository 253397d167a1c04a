import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { recogniseModel } from '../../../src/ml/store/kinds';
import { legacyCheckpoint, onnxFile, temporaryFolder, zipFile } from './support';

describe('recognising a model file', () => {
  let file: string;
  let remove: () => Promise<void>;

  before(async () => {
    const made = await temporaryFolder();
    file = path.join(made.folder, 'any.name');
    remove = made.remove;
  });
  after(() => remove());

  const recognise = async (content: Buffer | string): Promise<string> => {
    await writeFile(file, content);
    return recogniseModel(file);
  };

  it('goes by the content', async () => {
    assert.equal(await recognise(onnxFile()), 'onnx');
    assert.equal(await recognise(legacyCheckpoint()), 'pytorch-legacy');
    assert.equal(await recognise(zipFile('archive/data.pkl')), 'pytorch-zip');
    assert.equal(await recognise(zipFile('wav2lip_gan/data.pkl')), 'pytorch-zip');
  });

  it('refuses everything else and says what it looks like', async () => {
    const cases: [Buffer | string, RegExp][] = [
      ['', /is empty/],
      ['<!DOCTYPE html><html>Sign in</html>', /web page/],
      ['version https://git-lfs.github.com/spec/v1\noid sha256:0\n', /Git LFS pointer/],
      ['just words', /is a text/],
      [zipFile('word/document.xml'), /zip file without a checkpoint/],
      [zipFile('data.pkl'), /zip file/],
      [Buffer.from('89504e470d0a1a0a', 'hex'), /starts with 89504e47/],
    ];
    for (const [content, pattern] of cases) {
      await assert.rejects(recognise(content), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'E_MODEL_INVALID');
        assert.match(error.message, pattern);
        return true;
      });
    }
  });

  it('refuses an ONNX file that was cut anywhere', async () => {
    const whole = onnxFile(300);
    const at = fc.integer({ min: 0, max: whole.length - 1 });
    await fc.assert(
      fc.asyncProperty(at, async (length) => {
        await assert.rejects(recognise(whole.subarray(0, length)), { code: 'E_MODEL_INVALID' });
      }),
      { numRuns: 40 },
    );
  });

  it('refuses an ONNX file with something behind it', async () => {
    await assert.rejects(recognise(Buffer.concat([onnxFile(), Buffer.from([0, 1, 2])])), {
      code: 'E_MODEL_INVALID',
    });
  });

  it('comes to an end with any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        await recognise(Buffer.from(bytes)).catch((error: { code?: string }) => {
          assert.equal(error.code, 'E_MODEL_INVALID');
        });
      }),
      { numRuns: 100 },
    );
  });

  it('says when a file cannot be read', async () => {
    await assert.rejects(recogniseModel(path.join(file, 'nowhere')), { code: 'E_PATH' });
  });
});
