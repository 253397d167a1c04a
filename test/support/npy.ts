/** Reads NumPy's .npy files (also gzipped), the format of the golden tensors: plain arrays only. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

export interface NpyArray {
  shape: number[];
  data: Uint8Array | Float32Array | Float64Array;
}

/** Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, version 1. */
export function readNpy(file: string): NpyArray {
  const packed = readFileSync(file);
  const bytes = file.endsWith('.gz') ? gunzipSync(packed) : packed;
  const start = 10 + bytes.readUInt16LE(8);
  const header = bytes.toString('latin1', 10, start);
  const type = /'descr': '([^']+)'/.exec(header)?.[1];
  const shape = (/'shape': \(([^)]*)\)/.exec(header)?.[1] ?? '').split(',').filter((s) => s.trim());
  const body = bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.length);
  const data =
    type === '|u1'
      ? new Uint8Array(body)
      : type === '<f4'
        ? new Float32Array(body)
        : new Float64Array(body);
  return { shape: shape.map(Number), data };
}
