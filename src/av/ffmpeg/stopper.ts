import type { ChildProcess } from 'node:child_process';
import { stop } from './processes';

/** The reason to stop, and the process to stop once there is one. */
export class Stopper {
  reason?: Error;
  child?: ChildProcess;

  stop(reason: Error): void {
    this.reason ??= reason;
    if (this.child) stop(this.child);
  }
}
