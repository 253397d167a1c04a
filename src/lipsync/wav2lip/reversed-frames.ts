/** Frames of a video from the last to the first, by way of a file of limited size. */
import { open, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { LipwireError } from '../../contract';
import type { FrameReader, Reverse } from './played-frames';

/** Most bytes on the disk. A video that is longer is decoded once more for each such piece. */
const SPOOL_BYTES = 256 * 1024 * 1024;

/**
 * @param folder where a file lies while it is needed
 * @param frameBytes of every frame
 * @param mostBytes for tests
 */
export function reversed(
  read: FrameReader,
  folder: string,
  frameBytes: number,
  mostBytes = SPOOL_BYTES,
): Reverse {
  const most = Math.max(1, Math.floor(mostBytes / frameBytes));
  return async function* (from, count) {
    for (let end = from + count; end > from; end -= most) {
      const start = Math.max(from, end - most);
      const file = path.join(folder, 'reversed.yuv');
      const spool = await open(file, 'w+');
      try {
        const written = await write(spool, read(start, end - start), frameBytes);
        for (let i = written - 1; i >= 0; i--) yield await readBack(spool, i, frameBytes);
      } finally {
        await spool.close();
        await rm(file, { force: true });
      }
    }
  };
}

async function write(
  spool: FileHandle,
  frames: AsyncIterable<Buffer>,
  frameBytes: number,
): Promise<number> {
  let count = 0;
  for await (const frame of frames) {
    for (let done = 0; done < frame.length;) {
      const at = count * frameBytes + done;
      done += (await spool.write(frame, done, frame.length - done, at)).bytesWritten;
    }
    count++;
  }
  return count;
}

async function readBack(spool: FileHandle, index: number, frameBytes: number): Promise<Buffer> {
  const frame = Buffer.allocUnsafe(frameBytes);
  for (let done = 0; done < frameBytes;) {
    const { bytesRead } = await spool.read(
      frame,
      done,
      frameBytes - done,
      index * frameBytes + done,
    );
    if (bytesRead === 0) throw new LipwireError('E_INTERNAL', 'A file of frames was cut short.');
    done += bytesRead;
  }
  return frame;
}
