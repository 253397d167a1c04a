import { cancelled, throwIfCancelled, toLipwireError, type InputLimits } from '../contract';
import type { PreviewName, Previews } from '../face/previews';
import type { StageInput, StageName, StageOutput, StageParameters } from '../stages';
import { checkUp, diagnose, equipmentOf, type CheckUp } from './health';
import { keepFile } from './kept-files';
import { Leases } from './sweeper';
import { openRuntime, type Runtime } from './open';
import { LocalQueue } from './queue';
import { Callers, Runs, stringsIn } from './run';
import { studioSettings, type StudioSettings } from './settings';
import type {
  Diagnostics,
  EngineTest,
  Equipment,
  RunOptions,
  StudioOptions,
  StudioStats,
  Voices,
} from './types';
import type { WorkerState } from './worker/client';

/** Runs admitted for every job, so that the worker never waits for its next one. */
const PLACES_A_JOB = 4;

/** Runs stages in the worker process and caches their outputs in a workspace. */
export class Studio {
  readonly settings: StudioSettings;
  readonly #leases = new Leases();
  readonly #callers = new Callers();
  readonly #queue: LocalQueue;
  readonly #runs: Runs;
  #opening: Promise<Runtime> | undefined;
  #runtime: Runtime | undefined;
  #closed: Promise<void> | undefined;

  /** Never throws and opens nothing: a bad folder is an error of the first run. */
  constructor(options: StudioOptions = {}) {
    this.settings = studioSettings(options);
    const { jobs, queueLimit } = this.settings;
    const open = (): Promise<Runtime> => this.#open();
    this.#queue = new LocalQueue(PLACES_A_JOB * jobs, queueLimit);
    this.#runs = new Runs(this.settings, this.#leases, this.#callers, this.#queue, open);
  }

  /**
   * The output of a stage, cached or made. Equal runs at the same time share one job. Paths in the
   * output are absolute; the files stay for at least 15 minutes after the last request, longer while
   * they are pinned by {@link pin}.
   * @throws E_BUSY when the queue is full; E_TIMEOUT when the stage hangs; E_PATH naming an input file
   *   that does not exist, or a bad workspace folder; E_INPUT; E_CANCELLED; E_ENGINE_LOST; E_DISK; and
   *   what the stage throws
   */
  async run<S extends StageName>(
    stage: S,
    input: StageInput<S>,
    parameters: StageParameters<S>,
    options: RunOptions = {},
  ): Promise<StageOutput<S>> {
    return this.#runs.run(stage, input, parameters, options);
  }

  /**
   * Keeps a Buffer's content as a file of the workspace, named by its content.
   * @param extension used where the content does not tell its format; one of `KEPT_EXTENSIONS`
   * @returns the file's absolute path
   * @throws E_INPUT for an empty, too large or unknown content; E_PATH; E_DISK; E_CANCELLED
   */
  async keepFile(bytes: Uint8Array, extension?: string): Promise<string> {
    try {
      const { workspace, sweeper } = await this.#open();
      const file = await keepFile(workspace, bytes, extension, this.limits.bytes);
      sweeper.soon();
      return file;
    } catch (error) {
      throw toLipwireError(error);
    }
  }

  /**
   * Downloads a picture, sound or video from a public web address (see `PUBLIC_WEB`) and keeps it as a
   * file of the workspace, named by its content.
   * @param field how errors call what holds the address
   * @returns the file's absolute path
   * @throws E_INPUT where the studio accepts no web addresses, for a forbidden address, and for other
   *   or too large content; E_PATH where the server does not send it; E_TIMEOUT; E_DISK; E_CANCELLED
   */
  async fetchFile(address: string, field: string, signal?: AbortSignal): Promise<string> {
    const either = this.#callers.signal(signal);
    try {
      throwIfCancelled(either.signal);
      const { webFiles, sweeper } = await this.#open();
      const file = await webFiles.fetch(address, field, either.signal);
      sweeper.soon();
      return file;
    } catch (error) {
      throw either.signal.aborted ? cancelled() : toLipwireError(error);
    } finally {
      either.forget();
    }
  }

  get limits(): InputLimits {
    return this.settings.limits;
  }

  /**
   * Protects the artifact or kept file that a path lies in from being swept, until the returned
   * function is called (idempotent). Other paths are ignored.
   */
  pin(path: string): () => void {
    return this.#leases.take([path]);
  }

  /** State of the worker process and of the queue. */
  get engineState(): WorkerState {
    const { jobs } = this.settings;
    const unused = { state: 'stopped', jobs, running: 0, starts: 0, losses: 0 } as const;
    return { ...unused, ...this.#runtime?.worker.state, queued: this.#queue.waiting };
  }

  get stats(): StudioStats {
    return this.#runs.stats;
  }

  /** Asks the worker. @throws E_MODEL_MISSING without any speech package; E_PATH; E_CANCELLED */
  async voices(): Promise<Voices> {
    return (await this.#open()).worker.ask('voices');
  }

  /** Asks a voice engine whether it can speak, and how fast it answers; asks the worker. @throws E_INPUT */
  async testEngine(id: string): Promise<EngineTest> {
    return (await this.#open()).worker.ask('engine', id);
  }

  /** Checks all that Lipwire needs; asks the worker. Never rejects. */
  async checkUp(): Promise<CheckUp> {
    const runtime = await this.#open().catch(() => undefined);
    return checkUp(this.settings, await this.diagnostics(), runtime);
  }

  /** FFmpeg and devices; asks the worker. @throws E_PATH for a bad workspace; E_CANCELLED; E_ENGINE_LOST */
  async equipment(): Promise<Equipment> {
    return equipmentOf((await this.#open()).worker, this.settings.device);
  }

  /**
   * What a dialog of the editor shows; asks the worker, beside its jobs. Not cached.
   * @throws what the stage would throw; E_TIMEOUT when it takes too long for a dialog
   */
  async preview<P extends PreviewName>(
    name: P,
    about: Previews[P]['about'],
  ): Promise<Previews[P]['answer']> {
    const { worker } = await this.#open();
    const release = this.#leases.take(stringsIn(about));
    const ask = worker.ask as (name: P, about: unknown) => Promise<Previews[P]['answer']>;
    return ask.call(worker, name, about).finally(release);
  }

  /** Sweeps the workspace now; otherwise that happens at the start and after work. Never rejects. */
  async sweep(): Promise<void> {
    await this.#open().then(
      ({ sweeper }) => sweeper.now(),
      () => undefined,
    );
  }

  /**
   * Deletes what is not in use and was not used within the last 15 minutes.
   * @returns bytes
   * @throws E_PATH for a bad workspace folder; E_CANCELLED when the studio is closed
   */
  async clear(): Promise<{ freed: number; left: number }> {
    const { sweeper } = await this.#open();
    const { bytes } = await sweeper.count();
    const left = (await sweeper.clear()).bytes;
    return { freed: Math.max(0, bytes - left), left };
  }

  /** Versions, folders and state, for a fault report; asks the worker for FFmpeg. Never rejects. */
  diagnostics(): Promise<Diagnostics> {
    return diagnose(this, this.#open());
  }

  /**
   * Ends within three seconds: waiting and running jobs reject with E_CANCELLED, the worker process and
   * its FFmpegs are gone when it resolves. Idempotent; never rejects.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const cleanedUp = this.#runs.cancel();
    this.#callers.cancelAll();
    const runtime = await this.#opening?.catch(() => undefined);
    if (!runtime) return;
    await Promise.all([runtime.worker.close(), runtime.sweeper.stop()]);
    await cleanedUp();
  }

  /** Tries again after a failure: the folder may exist by then. */
  #open(): Promise<Runtime> {
    if (this.#closed) return Promise.reject(cancelled());
    this.#opening ??= openRuntime(this.settings, this.#leases, this.#queue).then(
      (runtime) => (this.#runtime = runtime),
      (error: unknown) => {
        this.#opening = undefined;
        throw error;
      },
    );
    return this.#opening;
  }
}
