/** The sound of a speech as WAV, and what is heard in it: levels, formants, pauses. */
import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { openFfmpeg } from '../av/ffmpeg/open';
import { chooseTrack, findChannelFault, writeChannel } from '../av/sound-channels';
import { decodeWav, readWavFormat, type WavFormat } from '../av/wav';
import {
  inputError,
  LipwireError,
  throwIfCancelled,
  toLipwireError,
  type StageContext,
  type MediaFile,
  type Note,
  type SpeechPayload,
} from '../contract';
import { percentile } from './maths';

/** The sound of a speech as a WAV file, and what was wrong with it. */
export interface ReadableSound {
  file: string;
  notes: Note[];
}

/**
 * The speech as a WAV file; anything else that has sound is converted first, and a sound whose channels
 * cancel, or that has its voice on one channel alone, becomes that channel.
 */
export async function soundOf(
  speech: MediaFile | SpeechPayload,
  context: StageContext,
): Promise<ReadableSound> {
  const { signal } = context;
  const notes: Note[] = [];
  let { file } = speech;
  if (!(await isWav(file))) {
    const ffmpeg = await openFfmpeg(context.settings.ffmpegPath);
    const { streams } = await ffmpeg.probe(file, signal);
    const track = await chooseTrack(file, streams, ffmpeg, signal);
    if (!track) throw inputError('the speech', 'a file with sound', file);
    if (track.note) notes.push(track.note);
    const target = path.join(context.folder, 'sound.wav');
    await ffmpeg.run({
      inputs: [{ source: file }],
      outputs: [{ target, options: ['-map', `0:a:${track.index}`, '-vn', '-c:a', 'pcm_s16le'] }],
      signal,
    });
    file = target;
  }
  const wav = { file, ...(await readWavFormat(file)) };
  const fault = await findChannelFault(wav, signal);
  if (!fault) return { file, notes };
  const channel = path.join(context.folder, 'channel.wav');
  await writeChannel(wav, fault.channel, channel, signal);
  if (file !== speech.file) await rm(file);
  return { file: channel, notes: [...notes, fault.note] };
}

async function isWav(file: string): Promise<boolean> {
  try {
    await readWavFormat(file);
    return true;
  } catch (error) {
    if (error instanceof LipwireError && error.code === 'E_INPUT') return false;
    throw toLipwireError(error);
  }
}

/**
 * Power spectrum by the fast Fourier transform (Cooley and Tukey 1965), radix 2, in place. For
 * powers of two it takes two thirds of the time of av/fourier.ts.
 */
class PowerSpectrum {
  readonly size: number;
  /** Power of bin k, 0 … size/2, after {@link measure}. */
  readonly power: Float64Array;
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  readonly #window: Float64Array;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  readonly #order: Uint32Array;

  /** @param size a power of two */
  constructor(size: number) {
    this.size = size;
    this.power = new Float64Array(size / 2 + 1);
    this.#re = new Float64Array(size);
    this.#im = new Float64Array(size);
    // Hann.
    this.#window = Float64Array.from(
      { length: size },
      (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size),
    );
    this.#cos = Float64Array.from({ length: size / 2 }, (_, i) =>
      Math.cos((2 * Math.PI * i) / size),
    );
    this.#sin = Float64Array.from(
      { length: size / 2 },
      (_, i) => -Math.sin((2 * Math.PI * i) / size),
    );
    const bits = Math.log2(size);
    this.#order = Uint32Array.from({ length: size }, (_, i) => {
      let reversed = 0;
      for (let b = 0; b < bits; b++) if (i & (1 << b)) reversed |= 1 << (bits - 1 - b);
      return reversed;
    });
  }

  /** Measures `size` samples from a position on. */
  measure(samples: Float32Array, from: number): void {
    const re = this.#re;
    const im = this.#im;
    const n = this.size;
    for (let i = 0; i < n; i++) re[this.#order[i]] = samples[from + i] * this.#window[i];
    im.fill(0);
    for (let half = 1; half < n; half *= 2) {
      const stride = n / (2 * half);
      for (let group = 0; group < n; group += 2 * half) {
        for (let k = 0; k < half; k++) {
          const i = group + k;
          const j = i + half;
          const c = this.#cos[k * stride];
          const s = this.#sin[k * stride];
          const tr = re[j] * c - im[j] * s;
          const ti = re[j] * s + im[j] * c;
          re[j] = re[i] - tr;
          im[j] = im[i] - ti;
          re[i] += tr;
          im[i] += ti;
        }
      }
    }
    for (let k = 0; k <= n / 2; k++) this.power[k] = (re[k] * re[k] + im[k] * im[k]) / n;
  }
}

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

/** Levels of one sound that everything else is measured against, in dB. */
export interface LevelRange {
  /** Below this there is silence. */
  gate: number;
  /** Loud speech. */
  loud: number;
}

/** Quieter than this is silence, whatever else there is. */
const FLOOR = -60;
const RANGE = 35;

/** Finds how loud the speech is; the gate lies 35 dB below, or in the noise's upper part. */
export function measureLevels({ level }: SoundFeatures): LevelRange {
  const audible = level.filter((value) => value > FLOOR);
  if (audible.length === 0) return { gate: FLOOR, loud: FLOOR + RANGE };
  const loud = percentile(audible, 0.9);
  const noise = percentile(level, 0.05);
  const gate = Math.max(FLOOR, loud - RANGE, Math.min(noise + 6, loud - 18));
  return { gate, loud };
}

/**
 * Marks steps that belong to speech: audible, or a pause shorter than `pause` seconds between
 * audible parts (stops are silent while they are held).
 */
export function markSpeech(
  features: SoundFeatures,
  { gate }: LevelRange,
  pause: number,
): Uint8Array {
  const { level } = features;
  const marks = new Uint8Array(level.length);
  const longest = Math.round(pause / HOP);
  let last = -Infinity;
  for (let i = 0; i < level.length; i++) {
    if (level[i] <= gate) continue;
    if (i - last <= longest) marks.fill(1, last, i);
    marks[i] = 1;
    last = i;
  }
  return marks;
}

/** Bytes read at a time. */
const BLOCK = 1 << 20;

/** Features of a WAV file of any length; several channels are mixed to one. */
export async function listen(
  file: string,
  signal: AbortSignal,
): Promise<{ format: WavFormat; features: SoundFeatures }> {
  const format = await readWavFormat(file);
  const analyzer = new SoundAnalyzer(format.sampleRate);
  const frameBytes = (format.bits / 8) * format.channels;
  const total = format.samples * frameBytes;
  const size = Math.max(frameBytes, BLOCK - (BLOCK % frameBytes));
  const handle = await open(file);
  try {
    const head = Buffer.alloc(format.offset);
    await handle.read(head, 0, head.length, 0);
    // The header claims more samples than one block has; the reader takes what is there.
    head.writeUInt32LE(0, format.offset - 4);
    for (let done = 0; done < total; done += size) {
      throwIfCancelled(signal);
      const block = Buffer.alloc(Math.min(size, total - done));
      await handle.read(block, 0, block.length, format.offset + done);
      analyzer.push(mixed(decodeWav(Buffer.concat([head, block]), file).channels));
    }
  } finally {
    await handle.close();
  }
  return { format, features: analyzer.finish() };
}

function mixed(channels: Float32Array[]): Float32Array {
  const [first] = channels;
  if (!first || channels.length === 1) return first ?? new Float32Array(0);
  return first.map((_, i) => {
    let sum = 0;
    for (const channel of channels) sum += channel[i];
    return sum / channels.length;
  });
}
