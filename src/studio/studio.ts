import { stoppedEngine, type Engine, type EngineState } from '../engine';
import { cancelled, throwIfCancelled, toLipwireError, type Progress } from '../media';
import { STAGES, type StageInput, type StageName } from '../stages';
import type { StageOutput, StageParameters } from '../stages';
import { artifactKey } from './artifact-key';
import { putPathsIn } from './artifact-record';
import { ArtifactStore } from './artifact-store';
import { Callers } from './callers';
import { announceRun } from './channel';
import { plainJson, toJson } from './canonical';
import { diagnose } from './diagnostics';
import type { FileHash } from './file-hashes';
import { openHouse, type House } from './house';
import { keepFile } from './kept-files';
import { entryNames, Leases } from './leases';
import { studioSettings, type StudioSettings } from './settings';
import { SharedRun } from './shared-run';
import { Statistics } from './statistics';
import type { Diagnostics, RunOptions, StudioOptions, StudioStats, Voices } from './types';
import type { Delivery, Order } from './workshop';

/** What a flow talks to: runs stages in the engine process and keeps what they make. */
export class Studio {
  readonly settings: StudioSettings;
  readonly #leases = new Leases();
  readonly #statistics = new Statistics();
  readonly #underWay = new Map<string, SharedRun<Delivery>>();
  readonly #callers = new Callers();
  #house: Promise<House> | undefined;
  #engine: Engine | undefined;
  #closed: Promise<void> | undefined;

  /** Never throws and touches nothing: a bad folder is an error of the first run. */
  constructor(options: StudioOptions = {}) {
    this.settings = studioSettings(options);
  }

  /**
   * The output of a stage: from the workspace where it is there already, otherwise made. Equal runs
   * at the same time share one job. Paths in the output are absolute; the files stay for at least
   * 15 minutes after they were last asked for, longer when they are held by {@link pin}.
   * @throws E_PATH naming an input file that does not exist, or a bad workspace folder; E_INPUT;
   *   E_CANCELLED; E_ENGINE_LOST; E_DISK; and whatever the stage throws
   */
  async run<S extends StageName>(
    stage: S,
    input: StageInput<S>,
    parameters: StageParameters<S>,
    options: RunOptions = {},
  ): Promise<StageOutput<S>> {
    const { signal, forget } = this.#callers.signal(options.signal);
    const paths = stringsIn(input);
    const release = this.#leases.take(paths);
    const tell = announceRun(stage);
    let settled = false;
    const onProgress = (progress: Progress): void => {
      if (settled) return;
      tell({ type: 'progress', progress });
      this.#guard(() => options.onProgress?.(progress));
    };
    try {
      throwIfCancelled(signal);
      const house = await this.#open();
      void house.sweeper.touch(entryNames(paths));
      const order = await this.#order(house, stage, input, parameters, signal);
      throwIfCancelled(signal);
      const run = this.#shared(house, order as unknown as Order, options.priority ?? 0);
      const { artifact, report } = await run.join({ ...options, signal, onProgress });
      settled = true;
      tell({ type: 'report', report });
      this.#guard(() => options.onReport?.(report));
      const place = (file: string): string => ArtifactStore.fileOf(artifact, file);
      return putPathsIn<StageOutput<S>>(artifact.record, place, order.files);
    } catch (error) {
      const reason = signal.aborted ? cancelled() : toLipwireError(error);
      tell({ type: 'fail', error: reason });
      throw reason;
    } finally {
      settled = true;
      release();
      forget();
    }
  }

  /**
   * Keeps a Buffer's content as a file of the workspace, named by its content.
   * @param extension used where the content does not tell its format; one of `KEPT_EXTENSIONS`
   * @returns the file's absolute path
   * @throws E_INPUT for an empty, too large or unknown content; E_PATH; E_DISK; E_CANCELLED
   */
  async keepFile(bytes: Uint8Array, extension?: string): Promise<string> {
    try {
      const { workspace, sweeps } = await this.#open();
      const file = await keepFile(workspace, bytes, extension);
      sweeps.soon();
      return file;
    } catch (error) {
      throw toLipwireError(error);
    }
  }

  /**
   * Protects the artifact or kept file that a path lies in from being swept, until the returned
   * function is called (calling it again does nothing). Other paths are ignored. For published
   * streams, and for clips that wait to be stitched.
   */
  pin(path: string): () => void {
    return this.#leases.take([path]);
  }

  /** State of the engine process and its queue. */
  get engineState(): EngineState {
    return this.#engine?.state ?? stoppedEngine(this.settings.jobs);
  }

  /** Work done and saved so far. */
  get stats(): StudioStats {
    return this.#statistics.copy;
  }

  /**
   * What tts can speak with; asks the engine.
   * @throws E_MODEL_MISSING when the speech package is not installed; E_PATH; E_CANCELLED
   */
  async voices(): Promise<Voices> {
    return (await this.#open()).engine.ask('voices');
  }

  /** Sweeps the workspace now; it happens by itself at the start and after work. Never rejects. */
  async sweep(): Promise<void> {
    await this.#open().then(
      ({ sweeps }) => sweeps.now(),
      () => undefined,
    );
  }

  /** Versions, folders and state, for a fault report; asks the engine for FFmpeg. Never rejects. */
  diagnostics(): Promise<Diagnostics> {
    return diagnose(this, this.#open());
  }

  /**
   * Ends everything within three seconds: waiting and running jobs reject with E_CANCELLED; the
   * engine process and its FFmpegs are gone when it resolves. May be called again. Never rejects.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const runs = [...this.#underWay.values()];
    for (const run of runs) run.cancel();
    this.#callers.cancelAll();
    const house = await this.#house?.catch(() => undefined);
    if (!house) return;
    await Promise.all([house.engine.close(), house.sweeps.stop()]);
    // They delete their temporary folders.
    await Promise.allSettled(runs.map((run) => run.result));
  }

  /** Tries again after a failure: the folder may be there by then. */
  #open(): Promise<House> {
    if (this.#closed) return Promise.reject(cancelled());
    this.#house ??= openHouse(this.settings, this.#leases).then(
      (house) => {
        this.#engine = house.engine;
        return house;
      },
      (error: unknown) => {
        this.#house = undefined;
        throw error;
      },
    );
    return this.#house;
  }

  async #order<S extends StageName>(
    house: House,
    stage: S,
    input: StageInput<S>,
    parameters: StageParameters<S>,
    signal: AbortSignal,
  ): Promise<Order<S>> {
    const entry = (await this.#catalogue())[stage];
    const { version, files: filesOf } = entry;
    const plain = plainJson(input);
    const files = filesOf(plain);
    const hashes = new Map<string, FileHash>();
    for (const file of files) hashes.set(file, await house.hashes.hash(file, signal));
    const models = await entry.models?.(parameters, house.stageSettings, signal);
    const key = artifactKey({ stage, version, parameters, input: plain, models, hashes });
    return { key, stage, version, input: plain, parameters: plainJson(parameters), files, hashes };
  }

  #shared(house: House, order: Order, priority: number): SharedRun<Delivery> {
    const { key, stage } = order;
    const underWay = this.#underWay.get(key);
    if (underWay && !underWay.abandoned) {
      this.#statistics.count(stage, 'shared');
      return underWay;
    }
    const run = new SharedRun<Delivery>(async (self) => {
      const delivery = await house.workshop.fill(order, self);
      this.#statistics.count(stage, delivery.report.cached ? 'hits' : 'runs');
      if (!delivery.report.cached) house.sweeps.soon();
      return delivery;
    }, priority);
    this.#underWay.set(key, run);
    const forget = (): void => {
      if (this.#underWay.get(key) === run) this.#underWay.delete(key);
    };
    run.result.then(forget, forget);
    return run;
  }

  async #catalogue(): Promise<typeof STAGES> {
    const { stagesModule } = this.settings;
    if (!stagesModule) return STAGES;
    return ((await import(stagesModule)) as { STAGES: typeof STAGES }).STAGES;
  }

  /** A caller's mistake in a callback must not end the process. */
  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.settings.log?.('warn', `a callback failed: ${toLipwireError(error).message}`);
    }
  }
}

function stringsIn(value: unknown): string[] {
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
