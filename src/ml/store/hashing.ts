import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { throwIfCancelled } from '../../contract';

export interface HashOptions {
  signal?: AbortSignal;
  /** Bytes of this file read so far, and since the last call. */
  onBytes?: (done: number, more: number) => void;
}

/** Small enough that hashing one does not hold up Node-RED's thread, where this runs too. */
const CHUNK = 256 * 1024;

/** SHA-256 of a file in hex, read in a stream. @throws E_CANCELLED and what reading throws */
export async function sha256Of(file: string, options: HashOptions = {}): Promise<string> {
  const hash = createHash('sha256');
  let done = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK })) {
    if (options.signal) throwIfCancelled(options.signal);
    hash.update(chunk as Buffer);
    done += (chunk as Buffer).length;
    options.onBytes?.(done, (chunk as Buffer).length);
  }
  return hash.digest('hex');
}
