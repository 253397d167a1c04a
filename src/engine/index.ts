/** The engine as its parent uses it. Light: the stages load in the child process only. */
export {
  Engine,
  stoppedEngine,
  type EngineOptions,
  type EngineState,
  type Submitted,
} from './engine';
export { hashFile } from './made-files';
export type { Health } from './health';
export type * from './protocol';
export { compareUrgency, urgencyOf, type Urgency } from './urgency';
