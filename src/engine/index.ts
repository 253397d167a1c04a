/** The engine as its parent uses it. Light: the stages load in the child process only. */
export { Engine, type EngineOptions, type Submitted } from './engine';
export { stoppedEngine, type EngineState } from './engine-state';
export { hashFile } from './made-files';
export type { Health } from './health';
export type * from './protocol';
export { compareUrgency, urgencyOf, type Urgency } from './urgency';
