/** Reads a WAV file piece by piece and measures what is heard in it. */
import { open } from 'node:fs/promises';
import { decodeWav, readWavFormat, type WavFormat } from '../../av/wav';
import { throwIfCancelled } from '../../contract';
import { SoundAnalyzer, type SoundFeatures } from './analysis';

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
