/**
 * A seal on cached network files: the SHA-256 of the file's content, kept at its end as an ONNX
 * metadata entry, so that a damaged or cut file is noticed and the file is still a normal ONNX file.
 */
import { createHash } from 'node:crypto';

const KEY = 'lipwire.sha256';
/** Field 14 of ModelProto, metadata_props: an entry of key (field 1) and value (field 2). */
const METADATA = 14;
const HEX_LENGTH = 64;

/** The file with its seal. */
export function seal(model: Uint8Array): Buffer {
  return Buffer.concat([model, entry(digest(model))]);
}

/** True when the file is as {@link seal} made it. */
export function isIntact(sealed: Uint8Array): boolean {
  const length = entry('0'.repeat(HEX_LENGTH)).length;
  if (sealed.length <= length) return false;
  const model = sealed.subarray(0, sealed.length - length);
  return entry(digest(model)).equals(sealed.subarray(sealed.length - length));
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Every length here is below 128 and so takes one byte. */
function entry(hex: string): Buffer {
  const pair = Buffer.concat([
    Buffer.from([(1 << 3) | 2, KEY.length]),
    Buffer.from(KEY),
    Buffer.from([(2 << 3) | 2, HEX_LENGTH]),
    Buffer.from(hex),
  ]);
  return Buffer.concat([Buffer.from([(METADATA << 3) | 2, pair.length]), pair]);
}
