/** Which of a file's sounds is heard, and what is wrong with its channels. */
import { open } from 'node:fs/promises';
import { makeNote, type Note } from '../contract';
import { readOutput } from './ffmpeg/frames';
import type { Ffmpeg, ProbedStream } from './ffmpeg/types';
import { blocks, type PcmFile, WavWriter } from './wav';

/** A sample below this share of full scale (−60 dB) is not heard. */
const AUDIBLE = 0.001;
/** Seconds of a track that are looked at for something to hear. */
const LOOKED_AT = 60;

export interface SoundTrack {
  /** Among the file's sounds, from 0. */
  index: number;
  stream: ProbedStream;
  /** Where it is not simply the first. */
  note?: Note;
}

/**
 * The sound to take of a file with several: the one flagged as default, else the first; one in which
 * nothing is heard gives way to the next.
 * @returns undefined when the file has no sound
 */
export async function chooseTrack(
  file: string,
  streams: readonly ProbedStream[],
  ffmpeg: Ffmpeg,
  signal?: AbortSignal,
): Promise<SoundTrack | undefined> {
  const sounds = streams.filter(({ type }) => type === 'audio');
  const [first] = sounds;
  if (!first) return undefined;
  if (sounds.length === 1) return { index: 0, stream: first };
  const flagged = sounds.findIndex(({ isDefault }) => isDefault);
  const order = [...new Set([Math.max(0, flagged), ...sounds.keys()])];
  for (const index of order) {
    if (!(await isAudible(file, index, ffmpeg, signal))) continue;
    const values = { number: index + 1, count: sounds.length };
    const stream = sounds[index];
    return { index, stream, ...(index > 0 && { note: makeNote('N_TRACK', values) }) };
  }
  return { index: order[0], stream: sounds[order[0]] };
}

async function isAudible(
  file: string,
  index: number,
  ffmpeg: Ffmpeg,
  signal?: AbortSignal,
): Promise<boolean> {
  const options = [
    '-map',
    `0:a:${index}`,
    '-t',
    String(LOOKED_AT),
    '-c:a',
    'pcm_s16le',
    '-f',
    's16le',
  ];
  let odd = Buffer.alloc(0);
  for await (const chunk of readOutput(ffmpeg, file, options, signal)) {
    const data = Buffer.concat([odd, chunk]);
    const end = data.length - (data.length % 2);
    for (let at = 0; at < end; at += 2) {
      if (Math.abs(data.readInt16LE(at)) > AUDIBLE * 0x8000) return true;
    }
    odd = data.subarray(end);
  }
  return false;
}

/** What is wrong with the channels, and the one that has the voice. */
export interface ChannelFault {
  channel: number;
  note: Note;
}

/** Seconds that are judged at a time. */
const WINDOW = 0.1;
/** A mix below this share of what independent channels would give is cancelled. */
const CANCELLED = 0.1;
/** Share of the sound (by energy) that may cancel: a wide mix does for moments. */
const MOST_CANCELLED = 0.05;
/** A channel below this share of the loudest (−20 dB) is not heard beside it. */
const UNHEARD = 0.01;

/**
 * Finds channels that cancel when they are mixed, as one speaker or the analysis of the mouth does, and
 * a voice on one channel alone. Reads the sound once.
 */
export async function findChannelFault(
  sound: PcmFile,
  signal?: AbortSignal,
): Promise<ChannelFault | undefined> {
  const { channels } = sound;
  if (channels < 2) return undefined;
  const energies = new Float64Array(channels);
  let whole = 0;
  let cancelled = 0;
  const window = Math.max(1, Math.round(WINDOW * sound.sampleRate));
  for await (const planes of blocks(sound, signal)) {
    for (let from = 0; from < planes[0].length; from += window) {
      const part = planes.map((plane) => plane.subarray(from, from + window));
      const own = part.map((plane) => plane.reduce((sum, value) => sum + value * value, 0));
      const all = own.reduce((sum, value) => sum + value, 0);
      if (!Number.isFinite(all)) continue;
      let mixed = 0;
      for (let i = 0; i < part[0].length; i++) {
        let sum = 0;
        for (const plane of part) sum += plane[i];
        mixed += sum * sum;
      }
      own.forEach((value, channel) => (energies[channel] += value));
      whole += all;
      // The sum of n independent channels has the sum of their energies.
      if (mixed < CANCELLED * all) cancelled += all;
    }
  }
  if (whole === 0) return undefined;
  const channel = energies.indexOf(Math.max(...energies));
  if (cancelled > MOST_CANCELLED * whole) return { channel, note: makeNote('N_CHANNELS_CANCEL') };
  const isAlone = energies.every(
    (value, i) => i === channel || value < UNHEARD * energies[channel],
  );
  return isAlone ? { channel, note: makeNote('N_ONE_SIDED') } : undefined;
}

/**
 * Writes a sound with one of its channels in the place of all, as raw 32-bit floats.
 * @param target the file that is written
 */
export async function withOneChannel(
  sound: PcmFile,
  channel: number,
  target: string,
  signal?: AbortSignal,
): Promise<PcmFile> {
  const handle = await open(target, 'w');
  const { channels } = sound;
  try {
    for await (const planes of blocks(sound, signal)) {
      const bytes = Buffer.alloc(4 * planes[0].length * channels);
      planes[channel].forEach((value, i) => {
        for (let c = 0; c < channels; c++) bytes.writeFloatLE(value, 4 * (i * channels + c));
      });
      await handle.writeFile(bytes);
    }
  } finally {
    await handle.close();
  }
  return { ...sound, file: target, offset: 0, encoding: 'float', bits: 32 };
}

/** The same as a 16-bit WAV of one channel. */
export async function writeChannel(
  sound: PcmFile,
  channel: number,
  target: string,
  signal?: AbortSignal,
): Promise<void> {
  const writer = await WavWriter.create(target, sound.sampleRate);
  try {
    for await (const planes of blocks(sound, signal)) await writer.writePlanes([planes[channel]]);
    await writer.finish();
  } finally {
    await writer.close();
  }
}
