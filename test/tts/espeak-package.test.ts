import assert from 'node:assert/strict';
import { loadEspeakPackage, type PackageSource } from '../../src/tts/espeak/espeak';

describe('the eSpeak NG package', () => {
  const absent = (code: string): PackageSource => ({
    load: () => Promise.reject(Object.assign(new Error('Cannot find it'), { code })),
    data: () => Promise.resolve(Buffer.alloc(0)),
  });

  for (const code of ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']) {
    it(`that is not installed (${code}) is asked for with the command that installs it`, async () => {
      await assert.rejects(loadEspeakPackage(absent(code)), {
        code: 'E_MODEL_MISSING',
        message: /run "npm install @echogarden\/espeak-ng-emscripten"[^\n]*\.$/,
      });
    });
  }

  it('with damaged voice data is reported instead of waited for', async () => {
    const name: string = '@echogarden/espeak-ng-emscripten';
    const damaged: PackageSource = {
      load: () => import(name),
      data: () => Promise.resolve(Buffer.alloc(1000)),
    };
    await assert.rejects(loadEspeakPackage(damaged), {
      code: 'E_MODEL_INVALID',
      message: /1000 bytes/,
    });
  });

  it('prints nothing', async () => {
    const write = process.stdout.write.bind(process.stdout);
    const error = process.stderr.write.bind(process.stderr);
    const printed: string[] = [];
    const keep = (chunk: unknown): boolean => printed.push(String(chunk)) > 0;
    process.stdout.write = keep as typeof process.stdout.write;
    process.stderr.write = keep as typeof process.stderr.write;
    try {
      const module = await loadEspeakPackage();
      const worker = new module.eSpeakNGWorker();
      const name = Buffer.from('!v/f3\0');
      const ptr = module._webidl_malloc(name.length);
      module.HEAPU8.set(name, ptr);
      // Not a whole voice: eSpeak complains about it.
      worker.set_voice({ ptr });
    } finally {
      process.stdout.write = write;
      process.stderr.write = error;
    }
    assert.deepEqual(printed, []);
  });
});
