/** State of the engine, for diagnostics. */
export interface EngineState {
  state: 'stopped' | 'starting' | 'ready';
  pid?: number;
  jobs: number;
  running: number;
  queued: number;
  /** Times the process was started, and times it was lost. */
  starts: number;
  losses: number;
}

/** The state of an engine that was not needed yet. */
export function stoppedEngine(jobs: number): EngineState {
  return { state: 'stopped', jobs, running: 0, queued: 0, starts: 0, losses: 0 };
}
