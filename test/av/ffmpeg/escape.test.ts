import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { escapeFilterValue } from '../../../src/av/ffmpeg/run';
import { openFfmpeg } from '../../../src/av/ffmpeg/open';

/** What has a meaning somewhere in a filter graph, and other difficult characters. */
const HOSTILE = [...'\'"\\:,;[]=%{}()|@#!$&*?~^` \t\n\r-+.abcé你ع😀'];

describe('Escaping values of filters', () => {
  let folder: string;
  before(async () => (folder = await mkdtemp(path.join(tmpdir(), 'lipwire-escape-'))));
  after(() => rm(folder, { recursive: true, force: true }));

  it('lets FFmpeg open files of any name', async function () {
    this.timeout(60_000);
    const ffmpeg = await openFfmpeg();
    const original = path.join(folder, 'original.wav');
    await ffmpeg.run({
      inputs: [{ source: 'sine=sample_rate=8000:duration=0.01', options: ['-f', 'lavfi'] }],
      outputs: [{ target: original, options: [] }],
    });
    const names = fc.array(
      fc.string({ unit: fc.constantFrom(...HOSTILE), minLength: 1, maxLength: 12 }),
      { minLength: 10, maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(names, async (given) => {
        const files = given.map((name, index) => path.join(folder, `${name}${index}${name}`));
        for (const file of files) await copyFile(original, file);
        const sources = files.map((file) => `amovie=${escapeFilterValue(`file:${file}`)}`);
        const labels = sources.map((_source, index) => `[s${index}]`);
        const log = await ffmpeg.run({
          inputs: [],
          filterGraph: [
            ...sources.map((source, index) => `${source}${labels[index]}`),
            `${labels.join('')}concat=n=${files.length}:v=0:a=1`,
          ].join(';'),
          outputs: [{ target: '-', options: ['-f', 'null'] }],
        });
        assert.doesNotMatch(log, /\[error\]/);
      }),
      { numRuns: 15 },
    );
  });

  it('leaves harmless values alone', () => {
    assert.equal(escapeFilterValue('/a/b-c_1.wav'), '/a/b-c_1.wav');
  });
});
