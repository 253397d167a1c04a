/**
 * Reads length and size of the tracks of an MP4 or MOV (ISO/IEC 14496-12) without a process: every
 * clip and video is checked before it is handed on.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { LipwireError } from '../contract';

export interface Mp4Track {
  type: 'video' | 'audio' | 'other';
  /** Frames of a picture, packets of a sound. */
  samples: number;
  /** Seconds, after edits. */
  duration: number;
  /** Displayed size in pixels; 0 for sound. */
  width: number;
  height: number;
}

/** Bytes; larger than any index of ours (16 bytes a frame for four hours). */
const LARGEST_INDEX = 256 * 1024 * 1024;

/**
 * The tracks of a file.
 * @throws E_INTERNAL when it is not complete
 */
export async function readMp4Tracks(file: string): Promise<Mp4Track[]> {
  const handle = await open(file);
  try {
    const movie = await readMovie(handle);
    // Version 0 has times of 4 bytes, version 1 of 8.
    const header = boxIn(movie, 'mvhd');
    const timescale = header.readUInt32BE(header[0] === 1 ? 20 : 12);
    return boxesIn(movie, 'trak').map((track) => describe(track, timescale));
  } catch (error) {
    if (error instanceof RangeError) throw broken();
    throw error;
  } finally {
    await handle.close();
  }
}

/** The content of the box `moov`. */
async function readMovie(handle: FileHandle): Promise<Buffer> {
  const head = Buffer.alloc(16);
  for (let at = 0; ;) {
    const { bytesRead } = await handle.read(head, 0, 16, at);
    if (bytesRead < 8) throw broken();
    const isLong = head.readUInt32BE(0) === 1;
    const size = isLong ? Number(head.readBigUInt64BE(8)) : head.readUInt32BE(0);
    const start = isLong ? 16 : 8;
    if (size < start) throw broken();
    if (head.toString('latin1', 4, 8) !== 'moov') {
      at += size;
      continue;
    }
    if (size > LARGEST_INDEX) throw broken();
    const content = Buffer.alloc(size - start);
    const read = await handle.read(content, 0, content.length, at + start);
    if (read.bytesRead < content.length) throw broken();
    return content;
  }
}

function describe(track: Buffer, timescale: number): Mp4Track {
  const media = boxIn(track, 'mdia');
  const handler = boxIn(media, 'hdlr').toString('latin1', 8, 12);
  const sizes = boxIn(boxIn(boxIn(media, 'minf'), 'stbl'), 'stsz');
  const header = boxIn(track, 'tkhd');
  // After edits, such as the encoder's delay left out.
  const ticks = header[0] === 1 ? Number(header.readBigUInt64BE(28)) : header.readUInt32BE(20);
  return {
    type: handler === 'vide' ? 'video' : handler === 'soun' ? 'audio' : 'other',
    samples: sizes.readUInt32BE(8),
    duration: ticks / timescale,
    // Fixed point, 16.16; they follow the times.
    width: header.readUInt32BE(header[0] === 1 ? 88 : 76) / 65_536,
    height: header.readUInt32BE(header[0] === 1 ? 92 : 80) / 65_536,
  };
}

function boxIn(content: Buffer, name: string): Buffer {
  const [box] = boxesIn(content, name);
  if (!box) throw broken();
  return box;
}

/** The contents of all boxes of a name directly inside another. */
function boxesIn(content: Buffer, name: string): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at + 8 <= content.length;) {
    const size = content.readUInt32BE(at);
    if (size < 8 || at + size > content.length) throw broken();
    if (content.toString('latin1', at + 4, at + 8) === name) {
      found.push(content.subarray(at + 8, at + size));
    }
    at += size;
  }
  return found;
}

function broken(): LipwireError {
  return new LipwireError('E_INTERNAL', 'A video was written that is not whole.');
}
