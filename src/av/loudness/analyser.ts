import { cellStart, type Contour } from './contour';
import { channelWeights, KWeighting } from './k-weighting';
import { TruePeakFilter } from './true-peak';

/** What is wrong with samples, counted before anything is done about it. */
export interface Defects {
  /** Samples in runs of three or more at full scale, and the number of such runs. */
  clippedSamples: number;
  clippedRuns: number;
  /** Values that are not finite numbers; they count as silence. */
  notNumbers: number;
  /** Mean of each channel. */
  offsets: number[];
}

const FULL_SCALE = 0.9998;
const LEAST_RUN = 3;

class Channel {
  readonly weighting: KWeighting;
  readonly truePeak: TruePeakFilter;
  run = 0;
  sum = 0;
  /** Samples that are waiting for those after them, with the ones before as context. */
  window = new Float32Array(TruePeakFilter.reach);

  constructor(sampleRate: number) {
    this.weighting = new KWeighting(sampleRate);
    this.truePeak = new TruePeakFilter(sampleRate);
  }
}

/** Measures a sound piece by piece, in constant memory but for 8 bytes a millisecond. */
export class Analyser {
  readonly #channels: Channel[];
  readonly #weights: number[];
  readonly #sampleRate: number;
  #energy = new Float32Array(4096);
  #peak = new Float32Array(4096);
  #cells = 0;
  /** Samples taken, and those in cells that are done. */
  #taken = 0;
  #clippedSamples = 0;
  #clippedRuns = 0;
  #notNumbers = 0;

  constructor(sampleRate: number, channels: number) {
    this.#sampleRate = sampleRate;
    this.#weights = channelWeights(channels);
    this.#channels = Array.from({ length: channels }, () => new Channel(sampleRate));
  }

  /** Takes the next samples, one array a channel; values that are not numbers become 0 in place. */
  push(block: readonly Float32Array[]): void {
    const length = block[0]?.length ?? 0;
    this.#channels.forEach((channel, index) => {
      const samples = block[index];
      this.#inspect(channel, samples);
      channel.window = joined(channel.window, samples);
    });
    this.#taken += length;
    this.#measure(this.#taken - TruePeakFilter.reach);
  }

  /** The measurement, once everything has been pushed. */
  finish(): { contour: Contour; defects: Defects } {
    const frames = this.#taken;
    const tail = new Float32Array(TruePeakFilter.reach + 1);
    for (const channel of this.#channels) {
      this.#endRun(channel);
      channel.window = joined(channel.window, tail);
    }
    this.#measure(frames);
    if (cellStart(this.#cells, this.#sampleRate) < frames) this.#cell(frames);
    return {
      contour: {
        sampleRate: this.#sampleRate,
        frames,
        energy: this.#energy.subarray(0, this.#cells),
        peak: this.#peak.subarray(0, this.#cells),
      },
      defects: {
        clippedSamples: this.#clippedSamples,
        clippedRuns: this.#clippedRuns,
        notNumbers: this.#notNumbers,
        offsets: this.#channels.map((channel) => (frames > 0 ? channel.sum / frames : 0)),
      },
    };
  }

  #inspect(channel: Channel, samples: Float32Array): void {
    for (let i = 0; i < samples.length; i++) {
      const value = samples[i];
      if (!Number.isFinite(value)) {
        samples[i] = 0;
        this.#notNumbers++;
        continue;
      }
      channel.sum += value;
      if (value >= FULL_SCALE || value <= -FULL_SCALE) channel.run++;
      else if (channel.run > 0) this.#endRun(channel);
    }
  }

  #endRun(channel: Channel): void {
    if (channel.run >= LEAST_RUN) {
      this.#clippedSamples += channel.run;
      this.#clippedRuns++;
    }
    channel.run = 0;
  }

  /** Measures the cells that end before `limit` and forgets the samples that are done. */
  #measure(limit: number): void {
    const before = cellStart(this.#cells, this.#sampleRate);
    for (;;) {
      const end = cellStart(this.#cells + 1, this.#sampleRate);
      if (end > limit) break;
      this.#cell(end, before);
    }
    const done = cellStart(this.#cells, this.#sampleRate) - before;
    if (done === 0) return;
    for (const channel of this.#channels) channel.window = channel.window.slice(done);
  }

  /** Measures the next cell, which ends before sample `end`; windows start `reach` before `first`. */
  #cell(end: number, first = cellStart(this.#cells, this.#sampleRate)): void {
    const from = cellStart(this.#cells, this.#sampleRate) - first + TruePeakFilter.reach;
    const to = end - first + TruePeakFilter.reach;
    let energy = 0;
    let peak = 0;
    this.#channels.forEach((channel, index) => {
      energy += channel.weighting.energy(channel.window, from, to) * (this.#weights[index] ?? 1);
      peak = Math.max(peak, channel.truePeak.cellPeak(channel.window, from, to));
    });
    if (this.#cells === this.#energy.length) {
      this.#energy = joined(this.#energy, new Float32Array(this.#cells));
      this.#peak = joined(this.#peak, new Float32Array(this.#cells));
    }
    this.#energy[this.#cells] = energy;
    this.#peak[this.#cells] = peak;
    this.#cells++;
  }
}

function joined(a: Float32Array, b: Float32Array): Float32Array<ArrayBuffer> {
  const both = new Float32Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
