/** Runs: from a request to its artifact. */
import { stat } from 'node:fs/promises';
import {
  cancelled,
  inputError,
  throwIfCancelled,
  toLipwireError,
  type StageDefinition,
} from '../contract';
import {
  STAGE_NAMES,
  stagesOf,
  type StageInput,
  type StageName,
  type StageOutput,
  type StageParameters,
} from '../stages';
import {
  artifactKey,
  plainJson,
  toJson,
  ArtifactStore,
  putPathsIn,
  takePathsOut,
  type Artifact,
} from './artifacts';
import { isUnchanged, type FileHash } from './file-hashes';
import { entryNames, type Leases } from './sweeper';
import type { Runtime } from './open';
import { urgencyOf, type RunQueue, type SubmittedJob } from './queue';
import { publisher, type RunEvent, type RunObserver, type RunReport } from './run-events';
import type { StudioSettings } from './settings';
import type { RunOptions, StageStats, StudioStats } from './types';
import { discard, temporaryFolder } from './workspace';
import type { JobResult } from './worker/protocol';

interface Plan<S extends StageName = StageName> {
  key: string;
  stage: S;
  version: number;
  input: StageInput<S>;
  parameters: StageParameters<S>;
  /** The input files, and their content when the key was made. */
  files: string[];
  hashes: ReadonlyMap<string, FileHash>;
  /** Seconds; 0: without limit. */
  timeLimit: number;
}

interface Made {
  artifact: Artifact;
  report: RunReport;
}

/** All runs of a studio. */
export class Runs {
  /** By key. */
  readonly #underWay = new Map<string, Run>();
  readonly #stats = Object.fromEntries(
    STAGE_NAMES.map((name) => [name, { runs: 0, hits: 0, shared: 0 }]),
  ) as StudioStats;

  /** @param open rejects where the workspace cannot be used */
  constructor(
    private readonly settings: StudioSettings,
    private readonly leases: Leases,
    private readonly callers: Callers,
    private readonly queue: RunQueue,
    private readonly open: () => Promise<Runtime>,
  ) {}

  get stats(): StudioStats {
    return structuredClone(this.#stats);
  }

  async run<S extends StageName>(
    stage: S,
    input: StageInput<S>,
    parameters: StageParameters<S>,
    { signal: own, priority = 0, observe }: RunOptions,
  ): Promise<StageOutput<S>> {
    const { signal, forget } = this.callers.signal(own);
    const release = this.leases.take(stringsIn(input));
    const tell = this.#teller(stage, observe);
    let leave: (() => void) | undefined;
    try {
      tell({ type: 'queued' });
      throwIfCancelled(signal);
      const place = this.queue.enter(urgencyOf(stage, priority), signal);
      leave = place.leave;
      tell({ type: 'progress', progress: { type: 'queued', position: place.position } });
      await place.entered;
      throwIfCancelled(signal);
      const runtime = await this.open();
      void runtime.sweeper.touch(entryNames(stringsIn(input)));
      expectLengths(input, this.settings.limits.seconds);
      const plan = await this.#plan(runtime, stage, input, parameters, signal);
      throwIfCancelled(signal);
      const run = this.#runFor(runtime, plan as unknown as Plan, priority);
      const { artifact, report } = await run.join(signal, tell, priority);
      tell({ type: 'done', report });
      const placeOf = (file: string): string => ArtifactStore.fileOf(artifact, file);
      return putPathsIn<StageOutput<S>>(artifact.record, placeOf, plan.files);
    } catch (thrown) {
      const error = signal.aborted ? cancelled() : toLipwireError(thrown);
      tell({ type: 'failed', error });
      throw error;
    } finally {
      leave?.();
      release();
      forget();
    }
  }

  /** Cancels all; the returned function waits until their temporary folders are deleted. */
  cancel(): () => Promise<unknown> {
    const runs = [...this.#underWay.values()];
    for (const run of runs) run.cancel();
    return () => Promise.allSettled(runs.map((run) => run.result));
  }

  /** Passes events on, up to the last. An error of a callback is logged. */
  #teller(stage: StageName, observe?: RunObserver): RunObserver {
    const publish = publisher(stage);
    let isSettled = false;
    return (event) => {
      if (isSettled) return;
      isSettled = event.type === 'done' || event.type === 'failed';
      publish(event);
      try {
        observe?.(event);
      } catch (error) {
        this.settings.log?.('warn', `a callback failed: ${toLipwireError(error).message}`);
      }
    };
  }

  /** @throws E_PATH naming an input file that cannot be read; E_INPUT for what is no plain data */
  async #plan<S extends StageName>(
    { hashes: fileHashes, stageSettings }: Runtime,
    stage: S,
    input: StageInput<S>,
    parameters: StageParameters<S>,
    signal: AbortSignal,
  ): Promise<Plan<S>> {
    const { stagesModule, timeLimit: factor, limits } = this.settings;
    const entry = stagesOf(stagesModule)[stage];
    const { version } = entry;
    const plain = plainJson(input);
    const files = entry.files(plain);
    const hashes = new Map<string, FileHash>();
    for (const file of files) hashes.set(file, await fileHashes.hash(file, signal));
    const models = await entry.cacheKey?.(parameters, stageSettings, signal);
    const key = artifactKey({ stage, version, parameters, input: plain, models, hashes });
    const timeLimit = await timeLimitOf(entry, plain, factor, limits.seconds);
    const given = plainJson(parameters);
    return { key, stage, version, input: plain, parameters: given, files, hashes, timeLimit };
  }

  #runFor(runtime: Runtime, plan: Plan, priority: number): Run {
    const { key, stage } = plan;
    const count = (what: keyof StageStats): void => void (this.#stats[stage][what] += 1);
    const underWay = this.#underWay.get(key);
    if (underWay && !underWay.isAbandoned) {
      count('shared');
      return underWay;
    }
    const run = new Run(runtime, this.queue, plan, priority);
    this.#underWay.set(key, run);
    const forget = (): void => {
      if (this.#underWay.get(key) === run) this.#underWay.delete(key);
    };
    run.result.then(({ report }) => {
      count(report.cached ? 'hits' : 'runs');
      if (!report.cached) runtime.sweeper.soon();
      forget();
    }, forget);
    return run;
  }
}

/** Finds or makes one artifact for all its callers. Cancelled when the last one leaves. */
class Run {
  readonly result: Promise<Made>;
  readonly #abort = new AbortController();
  /** Wrapped: two callers may pass the same observer. */
  readonly #callers = new Set<{ observe: RunObserver }>();
  #isStarted = false;
  #lastProgress: RunEvent | undefined;
  #job: SubmittedJob | undefined;

  constructor(
    private readonly runtime: Runtime,
    private readonly queue: RunQueue,
    private readonly plan: Plan,
    private priority: number,
  ) {
    this.result = this.#findOrMake();
    // There may be no caller left to handle it.
    this.result.catch(() => undefined);
  }

  /** All callers have left; no other may join. */
  get isAbandoned(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Waits for the result; rejects with E_CANCELLED as soon as the signal is aborted. */
  async join(signal: AbortSignal, observe: RunObserver, priority: number): Promise<Made> {
    if (priority > this.priority) {
      this.priority = priority;
      this.#job?.raise(priority);
    }
    const caller = { observe };
    this.#callers.add(caller);
    if (this.#isStarted) observe({ type: 'started' });
    if (this.#lastProgress) observe(this.#lastProgress);
    let onAbort: (() => void) | undefined;
    const left = new Promise<never>((_, reject) => {
      onAbort = () => reject(cancelled());
      if (signal.aborted) onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
    });
    try {
      return await Promise.race([this.result, left]);
    } finally {
      if (onAbort) signal.removeEventListener('abort', onAbort);
      this.#callers.delete(caller);
      if (this.#callers.size === 0) this.cancel();
    }
  }

  cancel(): void {
    this.#abort.abort(cancelled());
  }

  async #findOrMake(): Promise<Made> {
    const { store, workspace } = this.runtime;
    const found = await store.find(this.plan.key);
    if (found) {
      await this.#seedHashes(found);
      const now = Date.now();
      return { artifact: found, report: { cached: true, startedAt: now, endedAt: now } };
    }
    const folder = await temporaryFolder(workspace);
    try {
      const { key, stage, input, parameters, timeLimit } = this.plan;
      this.#job = this.queue.submit(
        { key, stage, input, parameters, folder, priority: this.priority, timeLimit },
        { signal: this.#abort.signal, observe: (event) => this.#tell(event) },
      );
      const result = await this.#job.result;
      const artifact = await this.#publish(folder, result);
      const { startedAt, endedAt } = result;
      return { artifact, report: { cached: false, startedAt, endedAt } };
    } catch (error) {
      throw toLipwireError(error);
    } finally {
      await discard(folder);
    }
  }

  #tell(event: RunEvent): void {
    if (event.type === 'started') this.#isStarted = true;
    else this.#lastProgress = event;
    for (const { observe } of this.#callers) observe(event);
  }

  async #publish(folder: string, result: JobResult): Promise<Artifact> {
    const { output, files: made, keepFor } = result;
    const { stage, version, key, files, hashes } = this.plan;
    for (const [file, hash] of hashes) {
      if (await isUnchanged(file, hash)) continue;
      // The output of the new content must not be cached under the key of the old one.
      const state = 'a file that stays the same while it is read';
      throw inputError(file, state, 'one that changed', 'send the message again');
    }
    const place = await this.runtime.store.placeFor(key);
    const until = keepFor === undefined ? {} : { expires: inSeconds(keepFor) };
    const artifact = await this.runtime.store.publish(place, folder, {
      format: 1,
      stage,
      version,
      created: new Date().toISOString(),
      ...until,
      ...takePathsOut(output, folder, files),
      files: made,
    });
    await this.#seedHashes(artifact);
    return artifact;
  }

  /** The next stage's key needs these hashes, which the worker has computed. */
  async #seedHashes(artifact: Artifact): Promise<void> {
    for (const { path, sha256 } of artifact.record.files) {
      await this.runtime.hashes.seed(ArtifactStore.fileOf(artifact, path), sha256);
    }
  }
}

function inSeconds(seconds: number): string {
  return new Date(Date.now() + 1000 * seconds).toISOString();
}

/** The signals of a studio's callers, so that closing it can abort all. */
export class Callers {
  readonly #aborts = new Set<AbortController>();
  #isClosed = false;

  /**
   * A signal that is aborted with the caller's own, and by {@link cancelAll}. Not AbortSignal.any, which
   * leaks in Node.js 20 where one of the signals lives long.
   */
  signal(own?: AbortSignal): { signal: AbortSignal; forget: () => void } {
    const abort = new AbortController();
    const onAbort = (): void => abort.abort(cancelled());
    if (this.#isClosed || own?.aborted) onAbort();
    own?.addEventListener('abort', onAbort, { once: true });
    this.#aborts.add(abort);
    const forget = (): void => {
      own?.removeEventListener('abort', onAbort);
      this.#aborts.delete(abort);
    };
    return { signal: abort.signal, forget };
  }

  /** Aborts all signals, also later ones. */
  cancelAll(): void {
    this.#isClosed = true;
    for (const abort of this.#aborts) abort.abort(cancelled());
  }
}

/** All strings of an input, some of which are paths. */
export function stringsIn(value: unknown): string[] {
  const strings: string[] = [];
  try {
    toJson(value, (text) => {
      strings.push(text);
      return null;
    });
  } catch {
    // The run itself says what is wrong with the input.
  }
  return strings;
}

/** Of the longest sound or video that a file can hold: 32 and 200 kbit/s. */
const BYTES_A_SECOND = { sound: 4000, video: 25_000 };

/**
 * Seconds that a stage may take for an input.
 * @param factor the studio's setting; 0: without limit
 * @param longest seconds of sound or video that the studio takes
 */
export async function timeLimitOf<Input>(
  { timeLimit, length }: Pick<StageDefinition<Input, unknown, never>, 'timeLimit' | 'length'>,
  input: Input,
  factor: number,
  longest: number,
): Promise<number> {
  const said = length(input);
  const units =
    typeof said === 'number'
      ? said
      : (await stat(said.file).catch(() => ({ size: 0 }))).size / BYTES_A_SECOND[said.holds];
  return factor * (timeLimit.base + timeLimit.each * (units > 0 ? Math.min(units, longest) : 0));
}

/**
 * Checks the length that an input claims, before any work; the real length is checked when the file is
 * read. Not `length()`, which for stitch is a sum and for text no duration.
 * @throws E_INPUT where it exceeds the studio's limit
 */
function expectLengths(input: StageInput<StageName>, longest: number): void {
  const parts = 'clips' in input ? input.clips : ['speech' in input ? input.speech : input];
  for (const part of parts) {
    const { duration = 0 } = (part ?? {}) as { duration?: number };
    if (duration <= longest) continue;
    const most = `at most ${longest / 3600} hours`;
    const remedy = 'split it, or raise the limit in the studio';
    throw inputError('a sound or video', most, `${Math.round(duration)} s`, remedy);
  }
}
