import assert from 'node:assert/strict';
import path from 'node:path';
import { ESLint } from 'eslint';

const root = path.resolve(__dirname, '../..');

/** Complaints of the layering rule about a file with that content, as if it stood at that path. */
async function complaints(file: string, code: string): Promise<string[]> {
  const eslint = new ESLint({ cwd: root });
  const results = await eslint.lintText(code, { filePath: path.join(root, file) });
  return results
    .flatMap((result) => result.messages)
    .filter((message) => message.ruleId === 'lipwire/layering')
    .map((message) => message.message);
}

describe('the import direction', () => {
  it('lets a layer import what is below it', async () => {
    const code = `import '../media'; import '../ffmpeg'; import './other';`;
    assert.deepEqual(await complaints('src/video/example.ts', code), []);
    const node = `import '../../src/studio'; import 'node-red';`;
    assert.deepEqual(await complaints('nodes/tts/example.ts', node), []);
  });

  const wrong: [file: string, code: string][] = [
    ['src/face/example.ts', `import '../lipsync';`],
    ['src/media/example.ts', `export * from '../ffmpeg';`],
    ['src/stages/example.ts', `import('../engine/index.js');`],
    ['src/engine/example.ts', `const studio = require('../studio');`],
    ['src/studio/example.ts', `import { log } from '@node-red/util';`],
    ['src/cli/example.ts', `import '../../nodes/tts/tts';`],
  ];
  for (const [file, code] of wrong) {
    it(`forbids ${file} to write ${code}`, async () => {
      assert.equal((await complaints(file, code)).length, 1);
    });
  }
});
