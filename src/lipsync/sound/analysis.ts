/** What is heard of speech, a hundred times a second: how loud it is and where its energy lies. */
import { PowerSpectrum } from './spectrum';

/** Seconds between two measurements. */
export const HOP = 0.01;

/** A series for each feature; index i is the sound around i · HOP seconds. */
export interface SoundFeatures {
  /** Level in dB against full scale. */
  level: Float32Array;
  /** Share of the energy of 100–1000 Hz above 350 Hz: high when the first formant is, so when the jaw is down. */
  openness: Float32Array;
  /** Centre of energy from 600 to 3000 Hz, in octaves above 600: high for i, low for u. */
  brightness: Float32Array;
  /** Share of all energy above 3500 Hz: s, sh, f. */
  friction: Float32Array;
  /** FNV-like digest of the sound, a seed. */
  digest: number;
}

/** Analyses sound as it comes, block by block, so that its length does not matter. */
export class SoundAnalyzer {
  readonly #spectrum: PowerSpectrum;
  readonly #rate: number;
  readonly #hop: number;
  #pending: Float32Array;
  #filled: number;
  #position = 0;
  #level: number[] = [];
  #openness: number[] = [];
  #brightness: number[] = [];
  #friction: number[] = [];
  #digest = 0x811c9dc5;

  /** @param sampleRate Hz */
  constructor(sampleRate: number) {
    this.#rate = sampleRate;
    this.#hop = sampleRate * HOP;
    const size = 2 ** Math.ceil(Math.log2(0.025 * sampleRate));
    this.#spectrum = new PowerSpectrum(size);
    // Half a window of silence first: measurement 0 is centred on the first sample.
    this.#pending = new Float32Array(4 * size);
    this.#filled = size / 2;
  }

  /** Takes the next samples, −1…1, one channel. */
  push(samples: Float32Array): void {
    const size = this.#spectrum.size;
    for (let from = 0; from < samples.length;) {
      const room = this.#pending.length - this.#filled;
      const part = samples.subarray(from, from + room);
      this.#pending.set(part, this.#filled);
      this.#filled += part.length;
      from += part.length;
      while (Math.round(this.#position) + size <= this.#filled) {
        this.#measure(Math.round(this.#position));
        this.#position += this.#hop;
      }
      const done = Math.min(this.#filled, Math.round(this.#position));
      this.#pending.copyWithin(0, done, this.#filled);
      this.#filled -= done;
      this.#position -= done;
    }
  }

  /** The features of all that came. */
  finish(): SoundFeatures {
    this.push(new Float32Array(this.#spectrum.size / 2));
    return {
      level: Float32Array.from(this.#level),
      openness: Float32Array.from(this.#openness),
      brightness: Float32Array.from(this.#brightness),
      friction: Float32Array.from(this.#friction),
      digest: this.#digest >>> 0,
    };
  }

  #measure(from: number): void {
    this.#spectrum.measure(this.#pending, from);
    const { power, size } = this.#spectrum;
    const bin = this.#rate / size;
    let total = 0;
    let low = 0;
    let middle = 0;
    let high = 0;
    let band = 0;
    let moment = 0;
    for (let k = Math.max(1, Math.ceil(80 / bin)); k < power.length; k++) {
      const frequency = k * bin;
      if (frequency > 8000) break;
      const energy = power[k];
      total += energy;
      if (frequency < 350) low += energy;
      else if (frequency < 1000) middle += energy;
      else if (frequency > 3500) high += energy;
      if (frequency > 600 && frequency < 3000) {
        // Speech falls by some 6 dB an octave; weighting by frequency evens that out.
        const even = energy * frequency;
        band += even;
        moment += even * Math.log2(frequency / 600);
      }
    }
    // A Hann window passes 3/8 of the power.
    const level = 10 * Math.log10((2 * total) / (0.375 * size) + 1e-10);
    this.#level.push(level);
    this.#openness.push(low + middle > 0 ? middle / (low + middle) : 0);
    this.#brightness.push(band > 0 ? moment / band : 0);
    this.#friction.push(total > 0 ? high / total : 0);
    this.#digest = Math.imul(this.#digest ^ Math.round(level * 100), 0x01000193);
  }
}
