/** WAV files as Lipwire writes them: 16-bit PCM with the plain 44-byte header. */
import { writeFile } from 'node:fs/promises';
import { inputError } from '../../contract';
import { PCM } from './format';
import { finite, type WavSound } from './sound';

export const WAV_HEADER_BYTES = 44;

/**
 * The 44 bytes before 16-bit PCM samples.
 * @param sound.samples samples per channel
 */
export function wavHeader(sound: {
  sampleRate: number;
  channels: number;
  samples: number;
}): Buffer {
  const frameBytes = 2 * sound.channels;
  const dataBytes = sound.samples * frameBytes;
  if (dataBytes > 0xffffffff - WAV_HEADER_BYTES) {
    throw inputError('the sound', 'at most 4 GiB of samples', dataBytes, 'split it');
  }
  const header = Buffer.alloc(WAV_HEADER_BYTES);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(dataBytes + WAV_HEADER_BYTES - 8, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(PCM, 20);
  header.writeUInt16LE(sound.channels, 22);
  header.writeUInt32LE(sound.sampleRate, 24);
  header.writeUInt32LE(sound.sampleRate * frameBytes, 28);
  header.writeUInt16LE(frameBytes, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(dataBytes, 40);
  return header;
}

/** A whole 16-bit WAV file. Floats beyond ±1 are clipped. */
export function encodeWav(sound: WavSound<Float32Array> | WavSound<Int16Array>): Buffer {
  const { sampleRate, channels } = sound;
  const samples = channels[0]?.length ?? 0;
  if (channels.length === 0 || channels.some((channel) => channel.length !== samples)) {
    throw inputError('the channels of the sound', 'channels of one length', channels);
  }
  const header = wavHeader({ sampleRate, channels: channels.length, samples });
  const body = Buffer.alloc(samples * channels.length * 2);
  channels.forEach((channel, index) => {
    const toWhole = channel instanceof Int16Array ? (value: number) => value : floatToInt16;
    let at = index * 2;
    for (let i = 0; i < samples; i++, at += channels.length * 2) {
      body.writeInt16LE(toWhole(channel[i]), at);
    }
  });
  return Buffer.concat([header, body]);
}

/** Writes a 16-bit WAV file. */
export async function writeWav(
  file: string,
  sound: WavSound<Float32Array> | WavSound<Int16Array>,
): Promise<void> {
  await writeFile(file, encodeWav(sound));
}

function floatToInt16(value: number): number {
  return Math.max(-0x8000, Math.min(0x7fff, Math.round(finite(value) * 0x8000)));
}
