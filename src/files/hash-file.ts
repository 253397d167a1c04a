import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { throwIfCancelled } from '../contract';

export interface HashOptions {
  /** SHA-256 by default; MD5 only where a publisher gives nothing else. */
  algorithm?: 'sha256' | 'md5';
  signal?: AbortSignal;
  /** Bytes of this file read so far, and since the last call. */
  onBytes?: (done: number, more: number) => void;
}

/** Bytes hashed at a time: few enough not to block Node-RED's thread, where this runs too. */
const CHUNK = 256 * 1024;

/** The hash of a file in hex. @throws E_CANCELLED and what reading throws */
export async function hashFile(file: string, options: HashOptions = {}): Promise<string> {
  const hash = createHash(options.algorithm ?? 'sha256');
  let done = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK })) {
    if (options.signal) throwIfCancelled(options.signal);
    const { length } = chunk as Buffer;
    hash.update(chunk as Buffer);
    done += length;
    options.onBytes?.(done, length);
  }
  return hash.digest('hex');
}
