/** Reads the attributes of TensorFlow.js nodes. Strings are base64 there, whole numbers strings. */
import { unsupported } from './graph-builder';
import type { TfjsNode } from '../tfjs/tfjs-model';

/** A list of whole numbers; `fallback` where the node has none. */
export function integerList(node: TfjsNode, name: string, fallback: number[] = []): number[] {
  return node.attr[name]?.list?.i?.map(Number) ?? fallback;
}

export function text(node: TfjsNode, name: string, fallback = ''): string {
  const value = node.attr[name]?.s;
  return value === undefined ? fallback : Buffer.from(value, 'base64').toString('utf8');
}

export function textList(node: TfjsNode, name: string): string[] {
  const values = node.attr[name]?.list?.s ?? [];
  return values.map((value) => Buffer.from(value, 'base64').toString('utf8'));
}

/** The height and width entries of a list such as `strides`, which must be 1 for N and C. */
export function spatial(node: TfjsNode, name: string): [number, number] {
  if (text(node, 'data_format', 'NHWC') !== 'NHWC') {
    throw unsupported(node, `its data format is ${text(node, 'data_format')}, not NHWC`);
  }
  const [batch, height, width, channels] = integerList(node, name, [1, 1, 1, 1]);
  if (!height || !width || batch !== 1 || channels !== 1) {
    throw unsupported(node, `its ${name} reach over batch or channels`);
  }
  return [height, width];
}
