import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  writeModel,
  type OnnxGraph,
  type OnnxPort,
  MessageWriter,
} from '../../../../src/ml/onnx/writer';
import { bindWav2Lip } from '../../../../src/lipsync/wav2lip/model-file';
import { readModel, floatsOf } from '../../../../src/ml/onnx/read';

const port = (name: string, ...shape: (number | string)[]): OnnxPort => ({ name, shape });

/** A graph that adds a constant and flips the sign. */
function small(): OnnxGraph {
  return {
    name: 'small',
    inputs: [port('x', 'batch', 3)],
    outputs: [port('y', 'batch', 3)],
    constants: [{ name: 'c', shape: [3], data: Float32Array.of(1, 2, 3) }],
    nodes: [
      { operator: 'Add', inputs: ['x', 'c'], outputs: ['sum'] },
      {
        operator: 'LeakyRelu',
        inputs: ['sum'],
        outputs: ['y'],
        attributes: {
          alpha: { type: 'float', value: 0.5 },
          pads: { type: 'integers', value: [-1, 2] },
        },
      },
    ],
  };
}

const invalid = (message: RegExp) => ({ code: 'E_MODEL_INVALID', message });

/** A model of one graph with the given fields. */
const graphOf = (fill: (graph: MessageWriter) => void): Buffer => {
  const graph = new MessageWriter();
  fill(graph);
  return new MessageWriter().message(7, graph).finish();
};

describe('reading an ONNX file', () => {
  it('gives ports, nodes with their attributes, and constants', () => {
    const model = readModel(writeModel(small()));
    assert.deepEqual(model.inputs, [{ name: 'x', shape: [undefined, 3] }]);
    assert.deepEqual(model.outputs, [{ name: 'y', shape: [undefined, 3] }]);
    assert.deepEqual(
      model.nodes.map(({ operator, inputs }) => [operator, ...inputs]),
      [
        ['Add', 'x', 'c'],
        ['LeakyRelu', 'sum'],
      ],
    );
    assert.equal(model.nodes[1].floats.get('alpha'), 0.5);
    assert.deepEqual(model.nodes[1].integers.get('pads'), [-1, 2]);
    assert.deepEqual([...floatsOf('c', model.constants.get('c')!)], [1, 2, 3]);
  });

  it('does not call a constant an input, as files of old exporters do', () => {
    const graph = small();
    const model = readModel(writeModel({ ...graph, inputs: [...graph.inputs, port('c', 3)] }));
    assert.equal(model.inputs.length, 1);
  });

  it('takes constants that are nodes, and halves', () => {
    const tensor = new MessageWriter()
      .integer(1, 2)
      .integer(2, 10)
      .bytes(9, Buffer.from([0, 0x3c, 0, 0xc0]));
    const attribute = new MessageWriter().string(1, 'value').message(5, tensor);
    const node = new MessageWriter().string(2, 'k').string(4, 'Constant').message(5, attribute);
    const model = readModel(graphOf((graph) => graph.message(1, node)));
    assert.deepEqual([...floatsOf('k', model.constants.get('k')!)], [1, -2]);
  });

  it('refuses numbers outside of the file', () => {
    const entry = new MessageWriter().string(1, 'location').string(2, '../../etc/passwd');
    for (const tensor of [
      new MessageWriter().string(8, 'w').message(13, entry),
      new MessageWriter().string(8, 'w').integer(14, 1),
    ]) {
      assert.throws(
        () => readModel(graphOf((g) => g.message(5, tensor))),
        invalid(/outside of it/),
      );
    }
  });

  it('refuses numbers outside of the file wherever a reader of the whole file would find them', () => {
    const outside = new MessageWriter().string(8, 'w').integer(14, 1);
    const nodeWith = (field: number, tensor: MessageWriter): MessageWriter =>
      new MessageWriter()
        .string(4, 'Constant')
        .message(5, new MessageWriter().string(1, 'value').message(field, tensor));
    const good = writeModel(small());
    const also = (more: MessageWriter): Buffer => Buffer.concat([good, more.finish()]);
    const cases: [Buffer, RegExp][] = [
      // A second graph, which protocol buffers merge with the first.
      [also(new MessageWriter().message(7, new MessageWriter().message(5, outside))), /one graph/],
      [
        also(new MessageWriter().message(25, new MessageWriter().message(7, nodeWith(5, outside)))),
        /outside of it/,
      ],
      [graphOf((g) => g.message(1, nodeWith(10, outside))), /outside of it/],
      [graphOf((g) => g.message(1, nodeWith(22, outside))), /sparse ones in a node Constant/],
      [graphOf((g) => g.message(15, new MessageWriter().message(1, outside))), /sparse ones/],
    ];
    for (const [bytes, message] of cases) assert.throws(() => readModel(bytes), invalid(message));
  });

  it('refuses cycles and unknown values, graphs inside of graphs, and too many nodes', () => {
    const node = (input: string, output: string): MessageWriter =>
      new MessageWriter().string(1, input).string(2, output).string(4, 'Relu');
    const cycle = graphOf((g) => g.message(1, node('b', 'a')).message(1, node('a', 'b')));
    assert.throws(() => readModel(cycle), invalid(/Relu taking "b" too early/));
    const inner = new MessageWriter().string(1, 'body').message(6, new MessageWriter());
    const nested = graphOf((g) =>
      g.message(1, new MessageWriter().string(4, 'If').message(5, inner)),
    );
    assert.throws(() => readModel(nested), invalid(/If/));
    const many = graphOf((g) => {
      for (let i = 0; i < 20_001; i++) g.message(1, new MessageWriter());
    });
    assert.throws(() => readModel(many), invalid(/20000/));
  });

  it('refuses tensors of a giant or negative size, and with numbers missing', () => {
    for (const sizes of [[2 ** 40], [-1], [1, 1, 1, 1, 1, 1, 1, 1, 1], [2 ** 20, 2 ** 20]]) {
      const tensor = new MessageWriter().string(8, 'w');
      for (const size of sizes) tensor.integer(1, size);
      assert.throws(() => readModel(graphOf((g) => g.message(5, tensor))), invalid(/usual size/));
    }
    const long = new MessageWriter().bytes(1, Buffer.alloc(1_000_000));
    assert.throws(() => readModel(graphOf((g) => g.message(5, long))), invalid(/a long one/));
    const short = { shape: [3], type: 1, bytes: Buffer.alloc(8) };
    assert.throws(() => floatsOf('w', short), invalid(/12 bytes for w .* found 8/));
    assert.throws(() => floatsOf('w', { ...short, type: 7 }), invalid(/type 7/));
  });

  it('never fails otherwise than with E_MODEL_INVALID, cut off or with any byte changed', () => {
    const bytes = writeModel(small());
    const check = (changed: Buffer): void => {
      try {
        readModel(changed);
      } catch (error) {
        assert.equal((error as { code: string }).code, 'E_MODEL_INVALID', String(error));
      }
    };
    const at = fc.integer({ min: 0, max: bytes.length - 1 });
    fc.assert(fc.property(at, (length) => check(bytes.subarray(0, length))));
    fc.assert(
      fc.property(at, fc.integer({ min: 0, max: 255 }), (place, value) => {
        const changed = Buffer.from(bytes);
        changed[place] = value;
        check(changed);
      }),
      { numRuns: 1000 },
    );
    assert.throws(() => readModel(Buffer.from('<html>')), { code: 'E_MODEL_INVALID' });
    assert.throws(() => readModel(Buffer.alloc(0)), invalid(/a graph/));
  });
});

describe('ports of a Wav2Lip export', () => {
  const bind = (inputs: OnnxPort[], outputs: OnnxPort[]) =>
    bindWav2Lip(readModel(writeModel({ name: '', inputs, outputs, constants: [], nodes: [] })));

  it('are bound by their shapes, whatever their names and order', () => {
    assert.deepEqual(
      bind(
        [port('video_frames', 'b', 6, 96, 96), port('mel_spectrogram', 'b', 1, 80, 16)],
        [port('predicted_frames', 'b', 3, 96, 96)],
      ),
      { mel: 'mel_spectrogram', face: 'video_frames', output: 'predicted_frames', size: 96 },
    );
    assert.deepEqual(
      bind([port('source', 1, 1, 80, 16), port('target', 1, 6, 96, 96)], [port('o', 1, 3, 96, 96)]),
      {
        mel: 'source',
        face: 'target',
        output: 'o',
        size: 96,
        batch: 1,
      },
    );
  });

  it('tell the 256 px model, also when the output’s size is open', () => {
    const inputs = [port('a', 'n', 1, 80, 16), port('b', 'n', 6, 256, 256)];
    assert.equal(bind(inputs, [port('o', 'n', 'c', 'h', 'w')]).size, 256);
  });

  it('are refused by name when they are others', () => {
    const mel = port('a', 'n', 1, 80, 16);
    const face = port('b', 'n', 6, 128, 128);
    assert.throws(() => bind([mel, face], [port('o', 'n', 3, 128, 128)]), invalid(/6, 128, 128/));
    assert.throws(() => bind([mel], [port('o', 'n', 3, 96, 96)]), invalid(/\[\?, 1, 80, 16\] to/));
    const twice = [mel, mel, port('b', 'n', 6, 96, 96)];
    assert.throws(() => bind(twice, [port('o', 'n', 3, 96, 96)]), invalid(/Wav2Lip of 96 or 256/));
  });
});
