/**
 * TensorFlow's padding rule. SAME puts the odd pixel at the end (bottom, right), which ONNX's own
 * `auto_pad` expresses only for some operators, so the paddings are always written out.
 * Rule: https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2
 */
import { spatial, text, integerList } from './attributes';
import { unsupported } from './graph-builder';
import type { TfjsNode } from '../tfjs/tfjs-model';

/** How a window slides over a picture, and how large the result is. */
export interface Window {
  strides: [number, number];
  dilations: [number, number];
  /** top, left, bottom, right: the order in which ONNX wants them */
  pads: [number, number, number, number];
  /** height and width of the result */
  size: [number, number];
}

/**
 * @param size height and width of the input
 * @param kernel height and width of the kernel
 */
export function slidingWindow(
  node: TfjsNode,
  size: readonly [number, number],
  kernel: readonly [number, number],
): Window {
  const strides = spatial(node, 'strides');
  const dilations = spatial(node, 'dilations');
  const padding = text(node, 'padding');
  const explicit = integerList(node, 'explicit_paddings');
  const axes = [0, 1].map((axis) => {
    const input = size[axis];
    const reach = (kernel[axis] - 1) * dilations[axis] + 1;
    const stride = strides[axis];
    const [before, after] = padsOfAxis(node, padding, input, reach, stride, explicit, axis);
    return { before, after, output: Math.floor((input + before + after - reach) / stride) + 1 };
  });
  const [y, x] = axes as [(typeof axes)[0], (typeof axes)[0]];
  return {
    strides,
    dilations,
    pads: [y.before, x.before, y.after, x.after],
    size: [y.output, x.output],
  };
}

function padsOfAxis(
  node: TfjsNode,
  padding: string,
  input: number,
  reach: number,
  stride: number,
  explicit: number[],
  axis: number,
): [number, number] {
  if (padding === 'VALID') return [0, 0];
  if (padding === 'EXPLICIT' && explicit.length === 8) {
    return [explicit[2 + 2 * axis], explicit[3 + 2 * axis]];
  }
  if (padding !== 'SAME') throw unsupported(node, `its padding is "${padding}"`);
  const total = Math.max((Math.ceil(input / stride) - 1) * stride + reach - input, 0);
  const before = Math.floor(total / 2);
  return [before, total - before];
}
