/** Tensors that are kept in an ONNX file. */
import { halfToNumber } from '../../tfjs/tfjs-weights';
import { invalidOnnx } from './invalid';
import { fields, integersOf } from './wire';

/** A tensor that is still bytes of the file. */
export interface StoredTensor {
  shape: readonly number[];
  /** ONNX's number of the type: 1 float32, 7 int64, 10 float16, 11 float64. */
  type: number;
  bytes: Buffer;
}

const FLOAT = 1;
export const MOST_DIMENSIONS = 8;
const MOST_VALUES = 2 ** 28;

export function readTensor(message: Buffer): { name: string; tensor: StoredTensor } {
  const shape: number[] = [];
  let name = '';
  let type = 0;
  let bytes: Buffer = Buffer.alloc(0);
  for (const field of fields(message)) {
    if (field.number === 1) shape.push(...integersOf(field));
    if (field.number === 2) type = Number(field.value);
    if (field.number === 8) name = field.bytes.toString('utf8');
    // raw_data, or the packed float_data and double_data, which look the same
    if (field.number === 9 || field.number === 4 || field.number === 10) bytes = field.bytes;
    if (field.number === 13 || (field.number === 14 && field.value !== 0n)) {
      throw invalidOnnx(
        'all numbers inside the file',
        `some of ${name || 'a tensor'} outside of it`,
      );
    }
  }
  const values = shape.reduce((product, size) => product * size, 1);
  if (shape.length > MOST_DIMENSIONS || shape.some((size) => size < 0) || values > MOST_VALUES) {
    throw invalidOnnx('tensors of a usual size', `${name} of ${shape.join('×').slice(0, 60)}`);
  }
  return { name, tensor: { shape, type, bytes } };
}

/** The values as float32. @throws E_MODEL_INVALID for other types, or when some are missing */
export function floatsOf(name: string, { shape, type, bytes }: StoredTensor): Float32Array {
  const decode = DECODERS[type];
  if (!decode) throw invalidOnnx(`${name} in floating-point numbers`, `the type ${type}`);
  const count = shape.reduce((product, size) => product * size, 1);
  if (bytes.length !== count * decode.width) {
    throw invalidOnnx(`${count * decode.width} bytes for ${name}`, `${bytes.length}`);
  }
  // A copy, so that it is aligned; all platforms of ONNX Runtime are little-endian, as the file is.
  if (type === FLOAT) return new Float32Array(Uint8Array.from(bytes).buffer);
  return Float32Array.from({ length: count }, (_, i) => decode.at(bytes, i * decode.width));
}

interface Decoder {
  width: number;
  at(bytes: Buffer, offset: number): number;
}

const DECODERS: Readonly<Record<number, Decoder>> = {
  [FLOAT]: { width: 4, at: (bytes, offset) => bytes.readFloatLE(offset) },
  10: { width: 2, at: (bytes, offset) => halfToNumber(bytes.readUInt16LE(offset)) },
  11: { width: 8, at: (bytes, offset) => bytes.readDoubleLE(offset) },
};
