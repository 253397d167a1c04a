/**
 * Sound as servers send it: told by its first bytes and not by what they call it, read to its end and
 * not by the lengths that its header claims.
 */
import { PassThrough, Readable } from 'node:stream';
import { openFfmpeg } from '../av/ffmpeg/open';
import { parseWav, planes, type WavFormat } from '../av/wav';
import { LipwireError } from '../contract';
import { bodyOf, failed, readAll, type Service, toldBy } from '../net/service';
import type { IncomingMessage } from 'node:http';

/** Mono samples. */
export interface Received {
  samples: Int16Array;
  /** Hz. */
  sampleRate: number;
}

export interface Expected {
  service: Service;
  signal: AbortSignal;
  /** Path of FFmpeg from the studio's setting. */
  ffmpegPath: string;
  /** Hz of samples without a header; where the server does not say. */
  rawRate?: number;
}

const WHAT = 'the whole sound of the text';
/** Seconds of sound that are given at once, at least. */
const PIECE = 0.25;
/** Bytes in which a WAV file's samples must begin. */
const LONGEST_HEADER = 64 * 1024;
/** Of a compressed sound, which is decoded whole. */
const MOST_BYTES = 256 * 1024 * 1024;
/** Lengths from here on are invented: nobody speaks for so long. */
const INVENTED = 1.9e9;
const RAW_RATE = 24_000;

/**
 * The sound of an answer, as it comes.
 * @throws E_SERVER for what is no sound, for none, and where it breaks off; E_CANCELLED
 */
export async function* receivedSound(
  answer: IncomingMessage,
  expected: Expected,
): AsyncGenerator<Received> {
  const { service, signal } = expected;
  const { 'content-type': type = '' } = answer.headers;
  yield* soundIn(bodyOf(service, answer, WHAT, signal), type, expected);
}

/**
 * The sound in a stream of bytes.
 * @param type as the server calls it (`Content-Type`)
 * @throws as {@link receivedSound}
 */
export async function* soundIn(
  stream: AsyncIterable<Buffer>,
  type: string,
  expected: Expected,
): AsyncGenerator<Received> {
  const { service, rawRate } = expected;
  const chunks = stream[Symbol.asyncIterator]();
  try {
    let head: Buffer = Buffer.alloc(0);
    const more = async (): Promise<boolean> => {
      const next = await chunks.next();
      if (!next.done) head = Buffer.concat([head, next.value]);
      return !next.done;
    };
    while (head.length < 16 && (await more()));
    const rest = rejoin(head, chunks);
    const kind = kindOf(head, type);
    if (kind === 'wav') yield* wavSamples(rest, expected);
    else if (kind === 'compressed') yield* decoded(rest, expected);
    else if (kind === 'raw') yield* rawSamples(rest, rawRate ?? rateIn(type) ?? RAW_RATE);
    else {
      const said = toldBy(service, head.toString('utf8'));
      const what = head.length === 0 ? 'nothing' : `"${said}" (${type || 'of no type'})`;
      throw failed(service, WHAT, `it sent ${what}`, 'see its log');
    }
  } finally {
    await chunks.return?.(undefined);
  }
}

async function* rejoin(head: Buffer, chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  for (;;) {
    const next = await chunks.next();
    if (next.done) return;
    yield next.value;
  }
}

type Kind = 'wav' | 'compressed' | 'raw' | 'none';

/** What a sound is by its first bytes; samples without a header have no sign but their type. */
function kindOf(head: Buffer, type: string): Kind {
  const tag = head.toString('latin1', 0, 4);
  if (tag === 'RIFF') return 'wav';
  if (['fLaC', 'OggS'].includes(tag) || tag.startsWith('ID3')) return 'compressed';
  const isMatroska = head.toString('hex', 0, 4) === '1a45dfa3';
  if (isMatroska || head.toString('latin1', 4, 8) === 'ftyp') return 'compressed';
  // MPEG audio and ADTS begin with eleven or twelve ones.
  const isRaw = /^audio\/(pcm|l16|raw|x-raw)|^application\/octet-stream/i.test(type);
  const isMpeg = head.length > 2 && head[0] === 0xff && (head[1] & 0xe0) === 0xe0;
  if (isMpeg && !isRaw) return 'compressed';
  if (head.length < 2) return 'none';
  if (isRaw) return 'raw';
  const isText = /^(text\/|application\/(json|xml|problem))/i.test(type) || looksLikeText(head);
  return isText ? 'none' : 'raw';
}

function looksLikeText(head: Buffer): boolean {
  return head.every((byte) => (byte >= 0x20 && byte < 0x7f) || (byte >= 9 && byte <= 13));
}

/** `audio/pcm;rate=16000`. */
function rateIn(type: string): number | undefined {
  const rate = Number(/\brate=(\d+)/i.exec(type)?.[1]);
  return rate >= 4000 && rate <= 384_000 ? rate : undefined;
}

/** Samples of 16 bits in pieces of whole frames. */
async function* rawSamples(
  stream: AsyncIterable<Buffer>,
  sampleRate: number,
): AsyncGenerator<Received> {
  const format = { channels: 1, bits: 16, encoding: 'integer' as const, sampleRate };
  yield* pieces(stream, format);
}

/**
 * The samples of a WAV that is streamed. Its length counts only where what follows it is a chunk of a
 * WAV or another WAV, as of servers that send one a sentence; else more samples follow.
 */
async function* wavSamples(
  stream: AsyncIterable<Buffer>,
  { service }: Expected,
): AsyncGenerator<Received> {
  const reader = new ByteReader(stream);
  for (;;) {
    const format = await wavFormat(reader, service);
    if (!format) return;
    const step = (format.bits / 8) * format.channels;
    const claimed = format.samples * step;
    const isClaimed = claimed > 0 && claimed < INVENTED;
    yield* pieces(reader.take(isClaimed ? claimed : Infinity), format);
    if (!isClaimed) return;
    const next = await reader.peek(8);
    const tag = next.toString('latin1', 0, 4);
    if (tag === 'RIFF') continue;
    // Chunks of a WAV behind its samples, such as LIST: nothing to hear. A padding byte may precede.
    if (next.length < 8 || /^\0?(LIST|id3 |ID3 |bext|fact|cue |smpl|JUNK)/.test(tag + next[4]))
      return;
    yield* pieces(reader.take(Infinity), format);
    return;
  }
}

/** Reads up to the samples. Undefined at the end of the stream. */
async function wavFormat(
  reader: ByteReader,
  service: Service,
): Promise<(WavFormat & { offset: number }) | undefined> {
  for (let length = 44; ; length *= 2) {
    const head = await reader.peek(length);
    if (head.length === 0) return undefined;
    try {
      const format = parseWav(head, Number.MAX_SAFE_INTEGER);
      await reader.skip(format.offset);
      return format;
    } catch (error) {
      const isWhole = head.length < length || length >= LONGEST_HEADER;
      if (!isWhole) continue;
      const why = `its WAV cannot be read (${toldBy(service, (error as Error).message)})`;
      throw failed(service, WHAT, why, 'see its log');
    }
  }
}

/** A stream of bytes that is read by lengths. */
class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);
  #isDone = false;

  constructor(stream: AsyncIterable<Buffer>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  async #more(): Promise<boolean> {
    if (this.#isDone) return false;
    const next = await this.#chunks.next();
    if (next.done) this.#isDone = true;
    else this.#held = this.#held.length ? Buffer.concat([this.#held, next.value]) : next.value;
    return !this.#isDone;
  }

  /** The next bytes, which stay; fewer at the end. */
  async peek(length: number): Promise<Buffer> {
    while (this.#held.length < length && (await this.#more()));
    return this.#held.subarray(0, length);
  }

  async skip(length: number): Promise<void> {
    await this.peek(length);
    this.#held = this.#held.subarray(length);
  }

  /** The next bytes as they come. */
  async *take(length: number): AsyncGenerator<Buffer> {
    let left = length;
    while (left > 0 && (this.#held.length > 0 || (await this.#more()))) {
      const chunk = this.#held.subarray(0, Math.min(left, this.#held.length));
      this.#held = this.#held.subarray(chunk.length);
      left -= chunk.length;
      yield chunk;
    }
  }
}

/** Samples of a format as mono, in pieces; a frame that is cut off at the end is left out. */
async function* pieces(
  stream: AsyncIterable<Buffer>,
  format: Pick<WavFormat, 'channels' | 'bits' | 'encoding' | 'sampleRate'>,
): AsyncGenerator<Received> {
  const step = (format.bits / 8) * format.channels;
  const least = Math.ceil(PIECE * format.sampleRate) * step;
  let held: Buffer[] = [];
  let length = 0;
  const flush = (): Received => {
    const bytes = Buffer.concat(held);
    const whole = bytes.length - (bytes.length % step);
    held = whole < bytes.length ? [bytes.subarray(whole)] : [];
    length = bytes.length - whole;
    // A copy: samples are read faster from where they are aligned.
    return {
      samples: monoSamples(Buffer.from(bytes.subarray(0, whole)), format),
      sampleRate: format.sampleRate,
    };
  };
  for await (const chunk of stream) {
    held.push(chunk);
    length += chunk.length;
    if (length >= least) yield flush();
  }
  if (length >= step) yield flush();
}

/** Interleaved samples as one channel of 16 bits; a frame that is cut off at the end is left out. */
export function monoSamples(
  bytes: Buffer,
  format: Pick<WavFormat, 'channels' | 'bits' | 'encoding'>,
): Int16Array {
  const channels = planes(bytes, format);
  const samples = new Int16Array(channels[0]?.length ?? 0);
  for (let i = 0; i < samples.length; i++) {
    let sum = 0;
    for (const channel of channels) sum += channel[i];
    const value = Math.round((sum / channels.length) * 32_768);
    samples[i] = Number.isNaN(value) ? 0 : Math.max(-32_768, Math.min(32_767, value));
  }
  return samples;
}

/** A compressed sound, decoded by FFmpeg at its own rate. */
async function* decoded(
  stream: AsyncIterable<Buffer>,
  expected: Expected,
): AsyncGenerator<Received> {
  const { service, signal, ffmpegPath } = expected;
  const bytes = await readAll(stream, MOST_BYTES);
  const ffmpeg = await openFfmpeg(ffmpegPath);
  const target = new PassThrough();
  const run = ffmpeg.run({
    inputs: [{ source: Readable.from([bytes]) }],
    outputs: [{ target, options: ['-vn', '-ac', '1', '-c:a', 'pcm_s16le', '-f', 'wav'] }],
    signal,
  });
  run.catch((error: Error) => target.destroy(error));
  try {
    yield* wavSamples(target as AsyncIterable<Buffer>, expected);
    await run;
  } catch (error) {
    if (!(error instanceof LipwireError) || error.code !== 'E_FFMPEG') throw error;
    const why = `its sound cannot be decoded (${toldBy(service, error.message)})`;
    throw failed(service, WHAT, why, 'see its log');
  } finally {
    target.destroy();
    await run.catch(() => undefined);
  }
}
