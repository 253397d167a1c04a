import assert from 'node:assert/strict';
import {
  cancelled,
  describe as say,
  deserializeError,
  inputError,
  isCancelled,
  LipwireError,
  serializeError,
  throwIfCancelled,
  toLipwireError,
} from '../../src/contract';

describe('the error family', () => {
  it('says in one sentence what was expected, what came and what to do', () => {
    const error = inputError('msg.rate', 'a number from 80 to 450', 'fast', 'leave it out');
    assert.equal(
      error.message,
      'Expected a number from 80 to 450 for msg.rate but received "fast"; leave it out.',
    );
  });

  it('never prints much of what came', () => {
    assert.ok(say('x'.repeat(10_000)).length < 70);
    assert.equal(say(Buffer.alloc(3)), 'a Buffer of 3 bytes');
    assert.equal(say([1, 2]), 'an array of 2');
    assert.equal(say({ kind: 'clip' }), 'an object of kind "clip"');
    assert.equal(say(Object.create(null)), 'an object');
    assert.equal(say('a\nb'), '"a b"');
  });

  it('survives the way from the engine process and back', () => {
    const error = new LipwireError('E_FFMPEG', 'It failed.', { details: { stderr: 'x' } });
    const back = deserializeError(JSON.parse(JSON.stringify(serializeError(error))));
    assert.equal(back.code, 'E_FFMPEG');
    assert.equal(back.message, 'It failed.');
    assert.deepEqual(back.details, { stderr: 'x' });
    assert.equal(back.stack, error.stack);
  });

  it('gives what others throw a code of its own', () => {
    const system = (code: string) => Object.assign(new Error(`${code}: boom`), { code });
    assert.equal(toLipwireError(system('ENOSPC')).code, 'E_DISK');
    assert.equal(toLipwireError(system('ENOENT')).code, 'E_PATH');
    assert.equal(toLipwireError(new TypeError('boom')).code, 'E_INTERNAL');
    assert.equal(toLipwireError('boom').code, 'E_INTERNAL');
    assert.equal(toLipwireError(undefined).code, 'E_INTERNAL');
    const abort = Object.assign(new Error('aborted'), { name: 'AbortError' });
    assert.equal(toLipwireError(abort).code, 'E_CANCELLED');
  });

  it('tells a cancelled job from a failed one', () => {
    assert.ok(isCancelled(cancelled()));
    assert.ok(!isCancelled(new LipwireError('E_INPUT', 'No.')));
    const controller = new AbortController();
    throwIfCancelled(controller.signal);
    controller.abort();
    assert.throws(() => throwIfCancelled(controller.signal), { code: 'E_CANCELLED' });
  });
});
