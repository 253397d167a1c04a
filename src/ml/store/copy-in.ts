import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { LipwireError, throwIfCancelled, toLipwireError } from '../../contract';
import type { WorkOptions } from './progress';

/** A file that comes as a stream, for example from a browser. */
export interface Upload {
  stream: Readable;
  /** As the user calls it. */
  fileName: string;
  /** Size as announced, if it was. */
  bytes?: number;
}

/** Larger than any model of these kinds. */
const LARGEST = 8 * 1024 ** 3;
/** So many bytes are copied before the disk is asked again: an upload need not say how long it is. */
export const STRIDE = 64 * 1024 * 1024;

/** Copies and hashes what is copied, in one pass. @returns the SHA-256 */
export async function copyInto(
  target: string,
  { stream, bytes }: Upload,
  hasSpace: () => Promise<void>,
  { signal, onProgress }: WorkOptions & { signal: AbortSignal },
): Promise<string> {
  const handle = await open(target, 'wx');
  const hash = createHash('sha256');
  const stop = (): void => void stream.destroy();
  signal.addEventListener('abort', stop, { once: true });
  let done = 0;
  let checked = 0;
  try {
    throwIfCancelled(signal);
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      done += chunk.length;
      if (done > LARGEST) throw tooLarge();
      if (done - checked > STRIDE) {
        await hasSpace();
        checked = done;
      }
      hash.update(chunk);
      await handle.writeFile(chunk);
      onProgress?.({ doing: 'copying', done, total: Math.max(done, bytes ?? 0) });
    }
    throwIfCancelled(signal);
    if (bytes !== undefined && done !== bytes) throw cutOff(done, bytes);
    await handle.sync();
    return hash.digest('hex');
  } catch (error) {
    throwIfCancelled(signal);
    throw toLipwireError(error);
  } finally {
    signal.removeEventListener('abort', stop);
    await handle.close();
  }
}

function tooLarge(): LipwireError {
  const sentence = `Expected a model of at most ${LARGEST / 1024 ** 3} GiB but the file is larger.`;
  return new LipwireError('E_MODEL_INVALID', sentence);
}

function cutOff(done: number, bytes: number): LipwireError {
  const sentence = `Expected ${bytes} bytes but only ${done} came; send the file again.`;
  return new LipwireError('E_MODEL_INVALID', sentence);
}
