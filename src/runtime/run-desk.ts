import { urgencyOf } from './worker/urgency';
import { cancelled, throwIfCancelled, toLipwireError, type Progress } from '../contract';
import {
  STAGES,
  type StageInput,
  type StageName,
  type StageOutput,
  type StageParameters,
} from '../stages';
import { putPathsIn, ArtifactStore } from './artifacts';
import type { Callers } from './callers';
import { announceRun } from './channel';
import type { House } from './house';
import { entryNames, type Leases } from './leases';
import { makeOrder, stringsIn } from './orders';
import { Reception } from './reception';
import { Runs } from './runs';
import type { StudioSettings } from './settings';
import { Statistics } from './statistics';
import { expectLengths } from './time-limits';
import type { RunOptions, StudioStats } from './types';
import type { Delivery, Order } from './workshop';

/** Runs that are prepared for every job at once, so that the engine never waits for its next one. */
const PLACES_A_JOB = 4;

/** Where runs are asked for: lets them in, has them made, and tells how far they are. */
export class RunDesk {
  readonly #statistics = new Statistics();
  readonly #runs = new Runs(this.#statistics);
  readonly #reception: Reception;

  /** @param open the house that runs are made in; rejects where there is none */
  constructor(
    private readonly settings: StudioSettings,
    private readonly leases: Leases,
    private readonly callers: Callers,
    private readonly open: () => Promise<House>,
  ) {
    const { jobs, queueLimit } = settings;
    this.#reception = new Reception(PLACES_A_JOB * jobs, queueLimit);
  }

  /** Runs that were not let in yet. */
  get waiting(): number {
    return this.#reception.waiting;
  }

  /** Work done and saved so far. */
  get stats(): StudioStats {
    return this.#statistics.copy;
  }

  /** As the studio's `run`, which says what it throws. */
  async run<S extends StageName>(
    stage: S,
    input: StageInput<S>,
    parameters: StageParameters<S>,
    options: RunOptions,
  ): Promise<StageOutput<S>> {
    const { signal, forget } = this.callers.signal(options.signal);
    const release = this.leases.take(stringsIn(input));
    const tell = announceRun(stage);
    let settled = false;
    const onProgress = (progress: Progress): void => {
      if (settled) return;
      tell({ type: 'progress', progress });
      this.#guard(() => options.onProgress?.(progress));
    };
    let leave: (() => void) | undefined;
    try {
      throwIfCancelled(signal);
      const place = this.#reception.enter(urgencyOf(stage, options.priority ?? 0), signal);
      leave = place.leave;
      onProgress({ type: 'queued', position: place.position });
      await place.entered;
      const { order, delivery } = await this.#deliver(stage, input, parameters, {
        ...options,
        signal,
        onProgress,
        onStart: () => !settled && this.#guard(() => options.onStart?.()),
      });
      settled = true;
      tell({ type: 'report', report: delivery.report });
      this.#guard(() => options.onReport?.(delivery.report));
      const { artifact } = delivery;
      const placeOf = (file: string): string => ArtifactStore.fileOf(artifact, file);
      return putPathsIn<StageOutput<S>>(artifact.record, placeOf, order.files);
    } catch (error) {
      const reason = signal.aborted ? cancelled() : toLipwireError(error);
      tell({ type: 'fail', error: reason });
      throw reason;
    } finally {
      settled = true;
      leave?.();
      release();
      forget();
    }
  }

  /** Cancels all; the function waits until they have deleted their temporary folders. */
  cancel(): () => Promise<unknown> {
    return this.#runs.cancel();
  }

  /** What somebody who was let in asks for. */
  async #deliver<S extends StageName>(
    stage: S,
    input: StageInput<S>,
    parameters: StageParameters<S>,
    options: RunOptions & { signal: AbortSignal },
  ): Promise<{ order: Order<S>; delivery: Delivery }> {
    const { signal, priority = 0 } = options;
    throwIfCancelled(signal);
    const house = await this.open();
    void house.sweeper.touch(entryNames(stringsIn(input)));
    expectLengths(input, this.settings.limits.seconds);
    const order = await makeOrder(house, await this.#catalogue(), stage, input, parameters, signal);
    throwIfCancelled(signal);
    const run = this.#runs.for(house, order as unknown as Order, priority);
    return { order, delivery: await run.join(options) };
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
