/**
 * Weights and inputs for networks whose real weights cannot be shipped: every tensor is filled by a
 * generator that its own name seeds (FNV-1a, then the LCG of Numerical Recipes), so that any other
 * implementation can make the same ones.
 */
import type { Tensor } from '../../src/ml/onnx/session';
import type { Tensors } from '../../src/ml/onnx/layers';

export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

/** `length` numbers from −1 to 1, scaled. */
export function seeded(name: string, length: number, scale = 1, centre = 0): Float32Array {
  let state = fnv1a(name);
  const numbers = new Float32Array(length);
  // A plain loop: there are millions of them, and Float32Array.from takes ten times as long.
  for (let i = 0; i < length; i++) {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0;
    numbers[i] = centre + scale * ((2 * state) / 2 ** 32 - 1);
  }
  return numbers;
}

/** Fills a table of names and shapes. `gain` keeps the signal from dying or exploding. */
export function seededTensors(
  table: ReadonlyMap<string, readonly number[]>,
  gain: number,
): Tensors {
  const tensors = new Map<string, Tensor>();
  for (const [name, shape] of table) {
    const length = shape.reduce((product, size) => product * size, 1);
    tensors.set(name, { shape, data: fill(name, shape, length, gain) });
  }
  return tensors;
}

/** What S3FD's scales start from in training. */
const SCALES: Record<string, number> = {
  'conv3_3_norm.weight': 10,
  'conv4_3_norm.weight': 8,
  'conv5_3_norm.weight': 5,
};

function fill(name: string, shape: readonly number[], length: number, gain: number): Float32Array {
  const scale = SCALES[name];
  if (scale) return seeded(name, length, 0.1 * scale, scale);
  if (shape.length === 4) {
    const fan = shape.slice(1).reduce((product, size) => product * size, 1);
    return seeded(name, length, Math.sqrt(gain / fan));
  }
  if (name.endsWith('running_var')) return seeded(name, length, 0.2, 1);
  if (name.endsWith('.weight')) return seeded(name, length, 0.1, 1);
  return seeded(name, length, 0.05);
}

export const WAV2LIP_GAIN = 1.5;
export const S3FD_GAIN = 3;

/** The golden mel window, 1 × 80 × 16. */
export const seededMel = (): Float32Array => seeded('mel', 1280, 4);

/** The golden face, 6 × 96 × 96, lower half of the first three planes black. */
export function seededFace(): Float32Array {
  const plane = 96 * 96;
  const face = seeded('face', 6 * plane, 0.5, 0.5);
  for (let c = 0; c < 3; c++) face.fill(0, c * plane + 48 * 96, (c + 1) * plane);
  return face;
}
