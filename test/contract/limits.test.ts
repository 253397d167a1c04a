import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { LIMITS } from '../../src/contract';

/** The limits of a process with that environment. */
function limitsWith(environment: Record<string, string>): typeof LIMITS {
  const module = JSON.stringify(path.resolve(__dirname, '../../src/contract/limits.ts'));
  const code = `console.log(JSON.stringify(require(${module}).LIMITS))`;
  const argv = [...process.execArgv, '-e', code];
  const output = execFileSync(process.execPath, argv, { env: { ...process.env, ...environment } });
  return JSON.parse(output.toString()) as typeof LIMITS;
}

describe('limits', () => {
  it('are set by the environment, and stay where that has no number', () => {
    const set = limitsWith({
      LIPWIRE_MAX_SECONDS: '60',
      LIPWIRE_MAX_PIXELS: '1000000',
      LIPWIRE_MAX_BYTES: '5000',
    });
    assert.deepEqual(
      [set.duration, set.pixels, set.videoPixels, set.bufferBytes],
      [60, 1e6, 1e6, 5000],
    );
    const odd = limitsWith({ LIPWIRE_MAX_SECONDS: 'long', LIPWIRE_MAX_PIXELS: '-1' });
    assert.deepEqual([odd.duration, odd.pixels], [LIMITS.duration, LIMITS.pixels]);
  });
});
