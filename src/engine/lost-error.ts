import { LipwireError } from '../media';
import type { EngineExit } from './engine-process';

const REMEDY =
  'send the message again, and if it happens again free some memory or set fewer jobs at once';

/** E_ENGINE_LOST for a job that the process took along. */
export function lostError(doing: string, exit: EngineExit): LipwireError {
  return lost(`Expected the engine process to finish ${doing} but it ended`, exit, REMEDY);
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
