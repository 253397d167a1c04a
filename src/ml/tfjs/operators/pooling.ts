/** Pooling over windows of height and width. */
import { spatial } from '../../onnx/attributes';
import { unsupported, type GraphBuilder, type Value } from '../../onnx/graph-builder';
import { slidingWindow } from '../../onnx/padding';
import type { TfjsNode } from '../tfjs-model';

/** `MaxPool` and `AvgPool`; padding never counts, neither in TensorFlow nor here. */
export function pooling(operator: 'MaxPool' | 'AveragePool') {
  return (node: TfjsNode, graph: GraphBuilder): Value => {
    const input = graph.channelsFirst(graph.input(node, 0));
    const [batch, height, width, channels] = input.shape as [number, number, number, number];
    const kernel = spatial(node, 'ksize');
    const window = slidingWindow(node, [height, width], kernel);
    const name = graph.add(operator, [input.name], {
      kernel_shape: { type: 'integers', value: kernel },
      strides: { type: 'integers', value: window.strides },
      pads: { type: 'integers', value: window.pads },
    });
    return { name, shape: [batch, ...window.size, channels], channelsFirst: true };
  };
}

/** `Mean` over height and width, which are left out of its result. */
export function spatialMean(node: TfjsNode, graph: GraphBuilder): Value {
  const input = graph.channelsFirst(graph.input(node, 0));
  const axes = [...graph.constantInput(node, 1).data].sort();
  const [batch, , , channels] = input.shape as [number, number, number, number];
  if (axes.join() !== '1,2' || node.attr['keep_dims']?.b) {
    throw unsupported(node, 'it is not a mean over height and width alone');
  }
  const mean = graph.add('GlobalAveragePool', [input.name]);
  const shape = [batch, channels];
  const name = graph.add('Reshape', [mean, graph.integers(shape)]);
  return { name, shape, channelsFirst: false };
}
