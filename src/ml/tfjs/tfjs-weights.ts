/**
 * Decodes TensorFlow.js weight files, quantised ones too.
 * Format: https://github.com/tensorflow/tfjs/blob/master/tfjs-core/src/io/types.ts
 */
import { LipwireError } from '../../contract';

export interface TfjsWeightSpec {
  name: string;
  shape: number[];
  dtype: string;
  quantization?: { dtype: string; scale?: number; min?: number };
}

/** A decoded weight; whole numbers (shapes, paddings) fit a float32 exactly. */
export interface TfjsTensor {
  shape: number[];
  data: Float32Array;
  whole: boolean;
}

const BYTES: Record<string, number> = { float32: 4, int32: 4, float16: 2, uint16: 2, uint8: 1 };

/**
 * @param bytes the files of one group of the manifest, joined
 * @returns the weights by name
 * @throws E_MODEL_INVALID when the bytes do not suffice or a type is not known
 */
export function decodeWeights(bytes: Buffer, specs: TfjsWeightSpec[]): Map<string, TfjsTensor> {
  const weights = new Map<string, TfjsTensor>();
  let offset = 0;
  for (const spec of specs) {
    const stored = spec.quantization?.dtype ?? spec.dtype;
    const width = BYTES[stored];
    if (!width || (spec.dtype !== 'float32' && spec.dtype !== 'int32')) {
      throw new LipwireError(
        'E_MODEL_INVALID',
        `Expected weights of type float32 or int32 but ${spec.name} has ${spec.dtype} as ${stored}; ` +
          'this model is not supported.',
      );
    }
    const count = spec.shape.reduce((product, size) => product * size, 1);
    const end = offset + count * width;
    if (end > bytes.length) {
      throw new LipwireError(
        'E_MODEL_INVALID',
        `Expected at least ${end} bytes of weights for ${spec.name} but the file has ` +
          `${bytes.length}; reinstall the package that carries the model.`,
      );
    }
    const data = decode(bytes.subarray(offset, end), stored, count, spec.quantization);
    const whole = spec.dtype === 'int32';
    weights.set(spec.name, { shape: spec.shape, data: whole ? data.map(Math.round) : data, whole });
    offset = end;
  }
  return weights;
}

function decode(
  bytes: Buffer,
  stored: string,
  count: number,
  quantization: TfjsWeightSpec['quantization'],
): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const scale = quantization?.scale ?? 1;
  const min = quantization?.min ?? 0;
  const read: Record<string, (index: number) => number> = {
    float32: (index) => view.getFloat32(index * 4, true),
    int32: (index) => view.getInt32(index * 4, true),
    float16: (index) => halfToNumber(view.getUint16(index * 2, true)),
    uint16: (index) => view.getUint16(index * 2, true) * scale + min,
    uint8: (index) => view.getUint8(index) * scale + min,
  };
  const at = read[stored];
  return Float32Array.from({ length: count }, (_, index) => at(index));
}

/** IEEE 754 half precision to a number. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 0x1f) return mantissa ? NaN : sign * Infinity;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}
