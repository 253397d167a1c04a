/** Numbers of a tensor as float32: from any floating-point type, in any layout. */
import { halfToNumber } from '../tfjs/tfjs-weights';
import { invalidCheckpoint } from './invalid';
import { CHECKPOINT_LIMITS } from './limits';
import type { FileSource } from './source';
import type { NumberType, TensorReference } from './values';

/** Values of a shape. @throws E_MODEL_INVALID above the limit */
export function countOf(shape: readonly number[]): number {
  const count = shape.reduce((product, size) => product * size, 1);
  if (count <= CHECKPOINT_LIMITS.values) return count;
  throw invalidCheckpoint(`tensors of at most ${CHECKPOINT_LIMITS.values} values`, `${count}`);
}

/**
 * Reads only the bytes from the tensor's first to its last value.
 * @param place first byte of its storage in the file
 * @returns the values, row by row
 * @throws E_MODEL_INVALID when the tensor reaches beyond its storage, or is not of floats
 */
export async function readNumbers(
  source: FileSource,
  { storage, offset, shape, strides }: TensorReference,
  place: number,
): Promise<Float32Array> {
  const count = countOf(shape);
  if (count === 0) return new Float32Array(0);
  const last = shape.reduce((sum, size, i) => sum + (size - 1) * strides[i], 0);
  const first = storage.start + offset;
  if (first + last >= storage.count) {
    throw invalidCheckpoint(
      'tensors inside their storages',
      `one that reaches to number ${first + last} of ${storage.count}`,
    );
  }
  const span = last + 1;
  if (span * storage.bytesEach > CHECKPOINT_LIMITS.spanBytes) {
    throw invalidCheckpoint(
      `tensors of at most ${CHECKPOINT_LIMITS.spanBytes} bytes`,
      `one of ${span * storage.bytesEach}`,
    );
  }
  const decode = DECODERS[storage.type];
  if (!decode) throw invalidCheckpoint('tensors of floating-point numbers', storage.type);
  const bytes = new Uint8Array(span * storage.bytesEach);
  await source.readInto(bytes, place + first * storage.bytesEach);
  const numbers = decode(bytes);
  return span === count && isContiguous(shape, strides)
    ? numbers
    : gather(numbers, count, shape, strides);
}

/** True when the values lie row by row without gaps. */
function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== expected) return false;
    expected *= shape[i];
  }
  return true;
}

function gather(
  numbers: Float32Array,
  count: number,
  shape: readonly number[],
  strides: readonly number[],
): Float32Array {
  const gathered = new Float32Array(count);
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < count; to++) {
    gathered[to] = numbers[from];
    // Counts up like a mileage counter, the last dimension fastest.
    for (let i = shape.length - 1; i >= 0; i--) {
      from += strides[i];
      if (++index[i] < shape[i]) break;
      from -= strides[i] * shape[i];
      index[i] = 0;
    }
  }
  return gathered;
}

/** All platforms of ONNX Runtime are little-endian, as the files are. */
const DECODERS: Partial<Record<NumberType, (bytes: Uint8Array) => Float32Array>> = {
  float32: ({ buffer }) => new Float32Array(buffer),
  float64: ({ buffer }) => Float32Array.from(new Float64Array(buffer)),
  float16: ({ buffer }) => Float32Array.from(new Uint16Array(buffer), (bits) => halfToNumber(bits)),
  // The upper half of a float32.
  bfloat16: ({ buffer }) =>
    new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer),
};
