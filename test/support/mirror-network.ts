/** A network of Wav2Lip's shape that gives the face back as it came: seams and alignment show. */
import type { OnnxGraph } from '../../src/ml/onnx/writer';

export function mirrorNetwork(size = 96): OnnxGraph {
  const whole = (name: string, ...values: number[]) => ({
    name,
    shape: [values.length],
    data: BigInt64Array.from(values.map(BigInt)),
  });
  return {
    name: 'mirror',
    inputs: [
      { name: 'mel', shape: ['batch', 1, 80, 16] },
      { name: 'face', shape: ['batch', 6, size, size] },
    ],
    outputs: [{ name: 'output', shape: ['batch', 3, size, size] }],
    constants: [
      whole('three', 3),
      whole('six', 6),
      whole('colours', 1),
      { name: 'nothing', shape: [1], data: Float32Array.of(0) },
    ],
    nodes: [
      { operator: 'Slice', inputs: ['face', 'three', 'six', 'colours'], outputs: ['seen'] },
      {
        operator: 'ReduceMean',
        inputs: ['mel'],
        outputs: ['mean'],
        attributes: { axes: { type: 'integers', value: [1, 2, 3] } },
      },
      { operator: 'Mul', inputs: ['mean', 'nothing'], outputs: ['silent'] },
      { operator: 'Add', inputs: ['seen', 'silent'], outputs: ['output'] },
    ],
  };
}
