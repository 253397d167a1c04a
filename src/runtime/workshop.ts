import type { Engine } from './worker/engine';
import type { JobRequest, JobResult } from './worker/protocol';
import { inputError, toLipwireError } from '../contract';
import { takePathsOut, ArtifactStore, type Artifact } from './artifacts';
import { isUnchanged, type FileHash, type FileHashes } from './file-hashes';
import type { StudioSettings } from './settings';
import type { SharedRun } from './shared-run';
import { timeLimit } from './time-limits';
import type { RunReport } from './types';
import { discard, temporaryFolder, type Workspace } from './workspace';
import type { StageInput, StageName, StageParameters } from '../stages';

/** One output that somebody wants. */
export interface Order<S extends StageName = StageName> {
  key: string;
  stage: S;
  version: number;
  input: StageInput<S>;
  parameters: StageParameters<S>;
  /** The input files, as the input names them, and what was in them when the key was made. */
  files: string[];
  hashes: ReadonlyMap<string, FileHash>;
}

export interface Delivery {
  artifact: Artifact;
  report: RunReport;
}

/** Gets artifacts: from the store where they are there, otherwise from the engine. */
export class Workshop {
  constructor(
    private readonly workspace: Workspace,
    private readonly store: ArtifactStore,
    private readonly hashes: FileHashes,
    private readonly engine: Engine,
    private readonly settings: Pick<StudioSettings, 'timeLimit' | 'limits'>,
  ) {}

  /** Fills an order. Leaves nothing behind when it fails. */
  async fill(order: Order, run: SharedRun<Delivery>): Promise<Delivery> {
    const found = await this.store.find(order.key);
    if (found) {
      await this.#seedHashes(found);
      const now = Date.now();
      return { artifact: found, report: { cached: true, startedAt: now, endedAt: now } };
    }
    const folder = await temporaryFolder(this.workspace);
    try {
      const made = await this.#make(order, folder, run);
      const artifact = await this.#publish(order, folder, made);
      const { startedAt, endedAt } = made;
      return { artifact, report: { cached: false, startedAt, endedAt } };
    } catch (error) {
      throw toLipwireError(error);
    } finally {
      await discard(folder);
    }
  }

  async #make(order: Order, folder: string, run: SharedRun<Delivery>): Promise<JobResult> {
    const { stage, input, parameters } = order;
    const { timeLimit: timeFactor, limits } = this.settings;
    const request: JobRequest = { stage, input, parameters, folder };
    const { priority, signal, progress: onProgress, started: onStart } = run;
    const limit = await timeLimit(stage, input, timeFactor, limits.seconds);
    const options = { priority, signal, onProgress, onStart, timeLimit: limit };
    const job = this.engine.submit(request, options);
    run.onRaise = (higher) => job.raise(higher);
    return job.result;
  }

  async #publish(order: Order, folder: string, made: JobResult): Promise<Artifact> {
    for (const [file, hash] of order.hashes) {
      if (await isUnchanged(file, hash)) continue;
      // Otherwise the output of the new content would be kept under the key of the old one.
      const state = 'a file that stays the same while it is read';
      throw inputError(file, state, 'one that changed', 'send the message again');
    }
    const { stage, version, key, files: inputs } = order;
    const artifact = await this.store.publish(key, folder, {
      format: 1,
      stage,
      version,
      created: new Date().toISOString(),
      ...takePathsOut(made.output, folder, inputs),
      files: made.files,
    });
    await this.#seedHashes(artifact);
    return artifact;
  }

  /** The next stage's key needs these hashes; the engine made them while it had the files at hand. */
  async #seedHashes(artifact: Artifact): Promise<void> {
    for (const { path, sha256 } of artifact.record.files) {
      await this.hashes.seed(ArtifactStore.fileOf(artifact, path), sha256);
    }
  }
}
