/** Graphs in half precision (IEEE 754 binary16), for devices that compute it. */
import { HALF, type OnnxConstant, type OnnxGraph, type OnnxNode } from './writer';

const FLOAT = 1;

/**
 * The same graph, computed in half precision. Inputs and outputs stay float32; numbers beyond ±65504
 * become infinite.
 */
export function halfPrecision(graph: OnnxGraph): OnnxGraph {
  const renamed = new Map<string, string>();
  const cast = (input: string, output: string, to: number): OnnxNode => ({
    operator: 'Cast',
    inputs: [input],
    outputs: [output],
    attributes: { to: { type: 'integer', value: to } },
  });
  const before = graph.inputs.map(({ name }) => {
    renamed.set(name, `${name} half`);
    return cast(name, `${name} half`, HALF);
  });
  const after = graph.outputs.map(({ name }) => {
    renamed.set(name, `${name} half`);
    return cast(`${name} half`, name, FLOAT);
  });
  const rename = (name: string): string => renamed.get(name) ?? name;
  const nodes = graph.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map(rename),
    outputs: node.outputs.map(rename),
  }));
  const constants = graph.constants.map((constant): OnnxConstant => {
    const { data } = constant;
    return data instanceof Float32Array ? { ...constant, data: halves(data) } : constant;
  });
  return { ...graph, nodes: [...before, ...nodes, ...after], constants };
}

/** The bits of the nearest half-precision numbers, ties to even. */
export function halves(numbers: Float32Array): Uint16Array {
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  return Uint16Array.from(bits, halfBits);
}

function halfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> 23) & 0xff;
  const fraction = bits & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (fraction ? 0x200 : 0);
  const small = exponent - 127 + 15;
  if (small >= 31) return sign | 0x7c00;
  // Too small for a full number: the leading one is written out, and all moves to the right.
  const shift = small > 0 ? 13 : 14 - small;
  if (shift > 25) return sign;
  const whole = small > 0 ? (small << 23) | fraction : fraction | 0x800000;
  const kept = Math.floor(whole / 2 ** shift);
  const rest = whole - kept * 2 ** shift;
  const middle = 2 ** (shift - 1);
  const isUp = rest > middle || (rest === middle && (kept & 1) === 1);
  return sign | (kept + (isUp ? 1 : 0));
}
