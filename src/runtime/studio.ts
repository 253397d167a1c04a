import { cancelled, throwIfCancelled, toLipwireError, type InputLimits } from '../contract';
import type { PreviewName, Previews } from '../face/previews';
import type { StageInput, StageName, StageOutput, StageParameters } from '../stages';
import { checkUp, diagnose, equipmentOf, type CheckUp } from './health';
import { keepFile } from './kept-files';
import { Leases } from './leases';
import { openRuntime, type Runtime } from './open';
import { LocalQueue } from './queue';
import { Callers, Runs, stringsIn } from './run';
import { studioSettings, type StudioSettings } from './settings';
import type {
  Diagnostics,
  Equipment,
  RunOptions,
  StudioOptions,
  StudioStats,
  Voices,
} from './types';
import type { WorkerState } from './worker/client';

/** Runs that are prepared for every job at once, so that the worker never waits for its next one. */
const PLACES_A_JOB = 4;

/** What a flow talks to: runs stages in the worker process and keeps what they make. */
export class Studio {
  readonly settings: StudioSettings;
  readonly #leases = new Leases();
  readonly #callers = new Callers();
  readonly #queue: LocalQueue;
  readonly #runs: Runs;
  #opening: Promise<Runtime> | undefined;
  #runtime: Runtime | undefined;
  #closed: Promise<void> | undefined;

  /** Never throws and touches nothing: a bad folder is an error of the first run. */
  constructor(options: StudioOptions = {}) {
    this.settings = studioSettings(options);
    const { jobs, queueLimit } = this.settings;
    const open = (): Promise<Runtime> => this.#open();
    this.#queue = new LocalQueue(PLACES_A_JOB * jobs, queueLimit);
    this.#runs = new Runs(this.settings, this.#leases, this.#callers, this.#queue, open);
  }

  /**
   * The output of a stage: from the workspace where it is there already, otherwise made. Equal runs
   * at the same time share one job. Paths in the output are absolute; the files stay for at least
   * 15 minutes after they were last asked for, longer when they are held by {@link pin}. Where much
   * is asked for at once, the rest waits: the most urgent goes first.
   * @throws E_BUSY when too many wait; E_TIMEOUT when the stage hangs; E_PATH naming an input file that does not exist, or a bad workspace folder; E_INPUT;
   *   E_CANCELLED; E_ENGINE_LOST; E_DISK; and whatever the stage throws
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
      const { workspace, sweeps } = await this.#open();
      const file = await keepFile(workspace, bytes, extension, this.limits.bytes);
      sweeps.soon();
      return file;
    } catch (error) {
      throw toLipwireError(error);
    }
  }

  /**
   * Gets a picture, sound or video from a web address and keeps it as a file of the workspace, named
   * by its content. Only public addresses are asked (see `PUBLIC_WEB`).
   * @param field how errors call what holds the address
   * @returns the file's absolute path
   * @throws E_INPUT where the studio accepts no web addresses, for one that may not be asked, and for
   *   what is no picture, sound or video or too large; E_PATH where the server does not give it;
   *   E_TIMEOUT; E_DISK; E_CANCELLED
   */
  async fetchFile(address: string, field: string, signal?: AbortSignal): Promise<string> {
    const either = this.#callers.signal(signal);
    try {
      throwIfCancelled(either.signal);
      const { webFiles, sweeps } = await this.#open();
      const file = await webFiles.fetch(address, field, either.signal);
      sweeps.soon();
      return file;
    } catch (error) {
      throw either.signal.aborted ? cancelled() : toLipwireError(error);
    } finally {
      either.forget();
    }
  }

  /** Limits of what comes from outside. */
  get limits(): InputLimits {
    return this.settings.limits;
  }

  /**
   * Protects the artifact or kept file that a path lies in from being swept, until the returned
   * function is called (calling it again does nothing). Other paths are ignored. For published
   * streams, and for clips that wait to be stitched.
   */
  pin(path: string): () => void {
    return this.#leases.take([path]);
  }

  /** State of the worker process, and of the queue before it. */
  get engineState(): WorkerState {
    const { jobs } = this.settings;
    const unused: WorkerState = {
      state: 'stopped',
      jobs,
      running: 0,
      queued: 0,
      starts: 0,
      losses: 0,
    };
    return { ...(this.#runtime?.worker.state ?? unused), queued: this.#queue.waiting };
  }

  /** Work done and saved so far. */
  get stats(): StudioStats {
    return this.#runs.stats;
  }

  /**
   * What tts can speak with; asks the worker.
   * @throws E_MODEL_MISSING when the speech package is not installed; E_PATH; E_CANCELLED
   */
  async voices(): Promise<Voices> {
    return (await this.#open()).worker.ask('voices');
  }

  /** Looks at all that Lipwire needs; asks the worker. Never rejects. */
  async checkUp(): Promise<CheckUp> {
    const runtime = await this.#open().catch(() => undefined);
    return checkUp(this.settings, await this.diagnostics(), runtime);
  }

  /**
   * What is there to work with; asks the worker. What is missing is an error's code and sentence.
   * @throws E_PATH for a bad workspace folder; E_CANCELLED; E_ENGINE_LOST
   */
  async equipment(): Promise<Equipment> {
    return equipmentOf((await this.#open()).worker, this.settings.device);
  }

  /**
   * What a dialog of the editor shows; asks the worker, beside its jobs. Nothing is kept.
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

  /** Sweeps the workspace now; it happens by itself at the start and after work. Never rejects. */
  async sweep(): Promise<void> {
    await this.#open().then(
      ({ sweeps }) => sweeps.now(),
      () => undefined,
    );
  }

  /**
   * Deletes all of the workspace that is not in use and was not asked for within the last 15 minutes.
   * @throws E_PATH for a bad workspace folder; E_CANCELLED when the studio is closed
   */
  async clear(): Promise<{ freed: number; left: number }> {
    const { sweeper, sweeps } = await this.#open();
    const { bytes } = await sweeper.count();
    const left = (await sweeps.clear()).bytes;
    return { freed: Math.max(0, bytes - left), left };
  }

  /** Versions, folders and state, for a fault report; asks the worker for FFmpeg. Never rejects. */
  diagnostics(): Promise<Diagnostics> {
    return diagnose(this, this.#open());
  }

  /**
   * Ends everything within three seconds: waiting and running jobs reject with E_CANCELLED; the
   * worker process and its FFmpegs are gone when it resolves. May be called again. Never rejects.
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
    await Promise.all([runtime.worker.close(), runtime.sweeps.stop()]);
    await cleanedUp();
  }

  /** Tries again after a failure: the folder may be there by then. */
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
