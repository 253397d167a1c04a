/** Errors of jobs that end through no fault of their own. */
import { LipwireError } from '../../contract';
import type { EngineExit } from './engine-process';

const REMEDY =
  'send the message again, and if it happens again free some memory or set fewer jobs at once';

/** E_ENGINE_LOST for a job that the process took along. */
export function lostError(doing: string, exit: EngineExit): LipwireError {
  return lost(`Expected the engine process to finish ${doing} but it ended`, exit, REMEDY);
}

/** E_TIMEOUT for a job that took longer than it may, as one does whose FFmpeg hangs. */
export function timeoutError(doing: string, limit: number): LipwireError {
  const seconds = limit < 10 ? limit.toFixed(1) : Math.round(limit);
  return new LipwireError(
    'E_TIMEOUT',
    `Expected ${doing} to be done within ${seconds} s but it still runs; ` +
      'send the message again, or raise the time limit of the studio where the machine is that slow.',
    { details: { limit } },
  );
}

/** E_ENGINE_LOST for jobs that never started because the process ends again and again. */
export function givenUpError(exit: EngineExit): LipwireError {
  const remedy = 'see the details of this error for what it printed, then send the message again';
  return lost('Expected the engine process to start but it ended several times', exit, remedy);
}

function lost(sentence: string, exit: EngineExit, remedy: string): LipwireError {
  const how = exit.signal ? `signal ${exit.signal}` : `exit code ${exit.code ?? 'unknown'}`;
  const why = exit.error ? `, ${exit.error.message.replace(/\.$/, '')}` : '';
  return new LipwireError('E_ENGINE_LOST', `${sentence} (${how}${why}); ${remedy}.`, {
    details: { signal: exit.signal, exitCode: exit.code, output: exit.output, cause: exit.error },
  });
}
