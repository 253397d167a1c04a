/** Model files: hostile pickles, archives that lie, and graphs that are cyclic, giant or point outside. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { writeModel, type OnnxGraph, type OnnxNode, MessageWriter } from '../../src/ml/onnx/writer';
import { floats, legacyCheckpoint, zipCheckpoint, type SavedTensor } from '../support/checkpoints';
import { Call, Global, pickle, Raw } from '../support/pickles';
import { toneWav } from '../support/tone';
import { zip } from '../support/zips';
import { listOf, runStage, STRANGERS, type CorpusCase, type Outcome } from './corpus-case';

let numbers = 0;

/** A file in the models folder, which wav2lip is told to speak with. */
export function modelCase(
  kind: 'checkpoint' | 'onnx',
  name: string,
  make: () => Buffer,
  expect: Outcome | readonly Outcome[] = 'E_MODEL_INVALID',
): CorpusCase {
  return {
    kind,
    name,
    expect: listOf(expect),
    run: async (bench) => {
      const model = `model-${(numbers += 1)}`;
      const file = path.join(bench.models, `${model}.${kind === 'onnx' ? 'onnx' : 'pth'}`);
      const speech = path.join(bench.folder, 'speech.wav');
      await mkdir(bench.folder, { recursive: true });
      await writeFile(speech, toneWav(0.2));
      await writeFile(file, make());
      try {
        const input = { speech: { kind: 'file' as const, file: speech }, face: bench.face };
        return await runStage(bench, 'wav2lip', input, { model });
      } finally {
        await rm(file);
      }
    },
  };
}

const bytes = (...parts: (string | number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string)));
const opcode = (code: number): Buffer => bytes([0x80, 2, 0x4e, code, 0x2e]);

/** Pickles by what they would do to a careless reader. */
const PICKLES: Record<string, () => Buffer> = {
  'that runs a command': () => pickle(new Call(new Global('os', 'system'), ['touch /tmp/x'])),
  'that runs a command of posix': () => pickle(new Call(new Global('posix', 'system'), ['id'])),
  'that starts a process': () => pickle(new Call(new Global('subprocess', 'Popen'), ['id'])),
  'that evaluates': () => pickle(new Call(new Global('builtins', 'eval'), ['1'])),
  'that executes': () => pickle(new Call(new Global('__builtin__', 'exec'), ['1'])),
  'that imports': () => pickle(new Call(new Global('importlib', 'import_module'), ['os'])),
  'that opens a file': () => pickle(new Call(new Global('io', 'open'), ['/etc/passwd'])),
  'that loads another': () => pickle(new Call(new Global('torch', 'load'), ['x'])),
  'that gets an attribute': () => pickle(new Call(new Global('builtins', 'getattr'), ['a', 'b'])),
  'with a global of prototypes': () => pickle(new Global('__proto__', 'constructor')),
  'with keys of prototypes': () => pickle({ ['__proto__']: 1, constructor: 2 }),
  'with a global from the stack': () =>
    bytes([0x80, 4], 'X\x02\0\0\0osX\x06\0\0\0system', [0x93], '.'),
  'whose call has no arguments': () => pickle(new Raw(bytes('X\x01\0\0\0a)R'))),
  'of nothing': () => Buffer.alloc(0),
  'that only stops': () => bytes('.'),
  'that never stops': () => bytes([0x80, 2], 'N'),
  'of a million steps and more': () => bytes('N0'.repeat(600_000)),
  'of lists 900,000 deep': () => bytes(']'.repeat(900_000), '.'),
  'of tuples 400,000 deep': () =>
    bytes('N', [0x85].concat(), '.'.repeat(0), Buffer.alloc(400_000, 0x85).toString('latin1'), '.'),
  'of 900,000 marks': () => bytes('('.repeat(900_000), 't.'),
  'that contains itself': () => bytes([0x80, 2], '}q\0X\x01\0\0\0ah\0s.'),
  'whose list contains itself': () => bytes([0x80, 2], ']q\0h\0a.'),
  'with a string of 2 GiB': () => bytes('X', [0xff, 0xff, 0xff, 0x7f], 'a'),
  'with a string of minus one': () => bytes('T', [0xff, 0xff, 0xff, 0xff], 'a.'),
  'with a number of 2 GiB': () => bytes([0x8b, 0xff, 0xff, 0xff, 0x7f, 0x2e]),
  'with a number of 255 bytes': () => bytes([0x80, 2, 0x8a, 255], [...Buffer.alloc(255, 1)], '.'),
  'with an empty stack': () => bytes([0x80, 2], 't.'),
  'with a memo that is empty': () => bytes([0x80, 2], 'h\x05.'),
  'with a far memo': () => bytes([0x80, 2], 'Nr', [0xff, 0xff, 0xff, 0xff], '.'),
  'with a mark that is missing': () => bytes([0x80, 2], '}e.'),
  'of version 9': () => bytes([0x80, 9], 'N.'),
  'with a frame of 2⁶³ bytes': () =>
    bytes([0x80, 4, 0x95, 255, 255, 255, 255, 255, 255, 255, 127], 'N.'),
  'that asks for a buffer from outside': () => bytes([0x80, 5, 0x97], '.'),
  'of text that is no UTF-8': () => bytes([0x80, 2, 0x58, 2, 0, 0, 0, 0xff, 0xfe, 0x2e]),
};

const CODES = [
  0x32, 0x50, 0x69, 0x6f, 0x81, 0x82, 0x83, 0x84, 0x8b, 0x8f, 0x90, 0x91, 0x92, 0x98, 0x00, 0xff,
];

/** A tensor of a few numbers that says it is another one. */
function tensor(more: Partial<SavedTensor> & { count?: number; type?: string }): SavedTensor {
  const { count, type, ...rest } = more;
  const small = floats([6], new Float32Array(6));
  const storage = {
    ...small.storage,
    ...(count !== undefined && { count }),
    ...(type && { type }),
  };
  return { ...small, storage, ...rest };
}

const TENSORS: Record<string, SavedTensor> = {
  'of a shape beyond its storage': tensor({ shape: [7] }),
  'of 2⁶² numbers': tensor({ shape: [2 ** 31, 2 ** 31] }),
  'of a negative shape': tensor({ shape: [-1] }),
  'of half a row': tensor({ shape: [1.5] }),
  'of a hundred dimensions': tensor({ shape: Array<number>(100).fill(1) }),
  'that begins outside': tensor({ offset: 2 ** 40 }),
  'that begins before': tensor({ offset: -4 }),
  'with negative strides': tensor({ strides: [-1] }),
  'with giant strides': tensor({ strides: [2 ** 50] }),
  'of a storage of 2⁵⁰ numbers': tensor({ count: 2 ** 50, shape: [2 ** 50] }),
  'of a storage of no numbers': tensor({ count: 0 }),
  'of a type that does not exist': tensor({ type: 'Magic' }),
  'of whole numbers': tensor({ type: 'Long', count: 3, shape: [3] }),
  'that is not one of Wav2Lip': tensor({}),
};

const data = pickle({});
const main = { name: 'archive/data.pkl', data };
const ZIPS: Record<string, () => Buffer> = {
  'with the same file twice': () => zip([main, main]),
  'with two pickles': () => zip([main, { name: 'other/data.pkl', data }]),
  'whose names differ from place to place': () => zip([{ ...main, localName: 'archive/data.pkx' }]),
  'whose sizes differ': () => zip([{ ...main, stored: 5 }]),
  'that is compressed': () => zip([{ ...main, method: 8 }]),
  'that is encrypted': () => zip([{ ...main, flags: 1 }]),
  'whose files overlap': () => zip([{ ...main, size: data.length + 30 }]),
  'whose files begin in one place': () => zip([main, { name: 'archive/version', data, offset: 0 }]),
  'with fewer files than it says': () => zip([main], { count: 2 }),
  'with 60,000 files that are not there': () => zip([main], { count: 60_000 }),
  'with 60,000 empty files': () =>
    zip(
      Array.from({ length: 60_000 }, (_, i) => ({ name: `a/${i}`, data: Buffer.alloc(0) })),
      { zip64: true },
    ),
  'whose directory lies outside': () => zip([{ ...main, offset: 2 ** 31 }]),
  'of 4 GiB in 100 bytes': () => zip([{ ...main, size: 0xfffffffe, stored: 0xfffffffe }]),
  'with a comment of 64 KiB of end records': () =>
    zip([main], { comment: 'PK\x05\x06'.repeat(16_000) }),
  'without a pickle': () => zip([{ name: 'archive/version', data }]),
  'that is empty': () => zip([]),
  ...Object.fromEntries(
    ['../a', '/a', 'a/../../b', 'a\\b', 'c:a', '', 'a\0b', '/etc/passwd', '..', 'CON'].map(
      (name) => [`with a file called ${JSON.stringify(name)}`, () => zip([main, { name, data }])],
    ),
  ),
};

function cuts(whole: Buffer, kind: 'checkpoint' | 'onnx', what: string): CorpusCase[] {
  return Array.from({ length: 12 }, (_, i) => Math.floor((whole.length * i) / 12)).map((length) =>
    modelCase(kind, `${what} cut after ${length} bytes`, () => whole.subarray(0, length)),
  );
}

export function checkpointCases(): CorpusCase[] {
  const of = (name: string, make: () => Buffer): CorpusCase => modelCase('checkpoint', name, make);
  const valid = { state_dict: { a: tensor({}) } };
  return [
    ...Object.entries(PICKLES).map(([name, make]) =>
      of(`a pickle ${name}`, () => zip([{ name: 'archive/data.pkl', data: make() }])),
    ),
    ...Object.entries(PICKLES).map(([name, make]) =>
      of(`an old file with a pickle ${name}`, () =>
        Buffer.concat([
          pickle(0x1950a86a20f9469cfc6cn),
          pickle(1001),
          pickle({ protocol_version: 1001, little_endian: true }),
          make(),
        ]),
      ),
    ),
    ...CODES.map((code) =>
      of(`the opcode ${code}`, () => zip([{ name: 'archive/data.pkl', data: opcode(code) }])),
    ),
    ...Object.entries(TENSORS).map(([name, one]) =>
      of(`a tensor ${name}`, () => zipCheckpoint({ state_dict: { a: one } })),
    ),
    ...Object.entries(TENSORS).map(([name, one]) =>
      of(`an old file with a tensor ${name}`, () => legacyCheckpoint({ state_dict: { a: one } })),
    ),
    ...Object.entries(ZIPS).map(([name, make]) => of(`an archive ${name}`, make)),
    ...cuts(zipCheckpoint(valid), 'checkpoint', 'a checkpoint'),
    ...cuts(legacyCheckpoint(valid), 'checkpoint', 'an old checkpoint'),
    ...Object.entries(STRANGERS).map(([name, content]) =>
      of(`${name} under the name of a checkpoint`, () => content),
    ),
  ];
}

const graphOf = (fill: (graph: MessageWriter) => void): Buffer => {
  const graph = new MessageWriter();
  fill(graph);
  return new MessageWriter().message(7, graph).finish();
};

const relu = (input: string, output: string): MessageWriter =>
  new MessageWriter().string(1, input).string(2, output).string(4, 'Relu');

/** A network with Wav2Lip's ports and these nodes; its mouth is grey where they do not say. */
export function fakeWav2Lip(
  nodes: OnnxNode[] = [],
  constants: OnnxGraph['constants'] = [],
): Buffer {
  const grey = {
    name: 'grey',
    shape: [1, 3, 96, 96],
    data: new Float32Array(3 * 96 * 96).fill(0.5),
  };
  const isMade = nodes.some(({ outputs }) => outputs.includes('out'));
  return writeModel({
    name: 'fake',
    inputs: [
      { name: 'mel', shape: [1, 1, 80, 16] },
      { name: 'face', shape: [1, 6, 96, 96] },
    ],
    outputs: [{ name: 'out', shape: [1, 3, 96, 96] }],
    constants: [grey, ...constants],
    nodes: [
      ...nodes,
      ...(isMade ? [] : [{ operator: 'Identity', inputs: ['grey'], outputs: ['out'] }]),
    ],
  });
}

const whole = (name: string, ...values: number[]) => ({
  name,
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt),
});

/** A value of that size, and a mouth that needs all of it. */
function giant(...size: number[]): Buffer {
  const nodes: OnnxNode[] = [
    { operator: 'ConstantOfShape', inputs: ['size'], outputs: ['big'] },
    {
      operator: 'ReduceMax',
      inputs: ['big'],
      outputs: ['most'],
      attributes: { keepdims: { type: 'integer', value: 0 } },
    },
    { operator: 'Add', inputs: ['grey', 'most'], outputs: ['out'] },
  ];
  return fakeWav2Lip(nodes, [whole('size', ...size)]);
}

function outside(location: string): Buffer {
  const entry = new MessageWriter().string(1, 'location').string(2, location);
  return graphOf((g) =>
    g.message(
      5,
      new MessageWriter()
        .integer(1, 1)
        .integer(2, 1)
        .string(8, 'w')
        .message(13, entry)
        .integer(14, 1),
    ),
  );
}

function sized(...sizes: number[]): Buffer {
  const one = new MessageWriter().string(8, 'w').integer(2, 1);
  for (const size of sizes) one.integer(1, size);
  return graphOf((g) => g.message(5, one));
}

/** Messages inside of messages. */
function nested(depth: number, field: number): Buffer {
  let inner = new MessageWriter().string(1, 'a').finish();
  for (let i = 0; i < depth; i++) inner = new MessageWriter().bytes(field, inner).finish();
  return new MessageWriter().bytes(7, inner).finish();
}

export function onnxCases(): CorpusCase[] {
  const of = (
    name: string,
    make: () => Buffer,
    expect?: Outcome | readonly Outcome[],
  ): CorpusCase => modelCase('onnx', name, make, expect);
  const invalid = 'E_MODEL_INVALID';
  const either: readonly Outcome[] = ['works', invalid];
  const node = (operator: string, ...inputs: string[]): Buffer =>
    fakeWav2Lip([{ operator, inputs, outputs: ['out'] }]);
  const chain = (length: number): Buffer => {
    const nodes = Array.from({ length }, (_, i): OnnxNode => ({
      operator: 'Relu',
      inputs: [i === 0 ? 'grey' : `v${i}`],
      outputs: [i === length - 1 ? 'out' : `v${i + 1}`],
    }));
    return fakeWav2Lip(nodes);
  };
  const entries: [string, () => Buffer, (Outcome | readonly Outcome[])?][] = [
    ['a network that always gives grey', () => fakeWav2Lip(), 'works'],
    ['numbers in another file', () => outside('weights.bin')],
    ['numbers in a folder above', () => outside('../../etc/passwd')],
    ['numbers at an absolute path', () => outside('/etc/passwd')],
    ['numbers on a device', () => outside('/dev/zero')],
    ['numbers at an address', () => outside('http://127.0.0.1:9/w')],
    [
      'a circle of two',
      () => graphOf((g) => g.message(1, relu('b', 'a')).message(1, relu('a', 'b'))),
    ],
    ['a node that takes its own value', () => graphOf((g) => g.message(1, relu('a', 'a')))],
    ['a value that nobody makes', () => node('Relu', 'nobody')],
    [
      'a value that is made twice',
      () =>
        fakeWav2Lip([
          { operator: 'Relu', inputs: ['grey'], outputs: ['out'] },
          { operator: 'Identity', inputs: ['grey'], outputs: ['out'] },
        ]),
    ],
    ['an operator that does not exist', () => node('Magic', 'grey')],
    ['an operator without inputs', () => node('Conv')],
    ['shapes that do not fit', () => node('MatMul', 'mel', 'face')],
    ['a picture of another shape', () => node('Identity', 'mel')],
    [
      'a network that answers NaN',
      () =>
        fakeWav2Lip([
          { operator: 'Sub', inputs: ['grey', 'grey'], outputs: ['zero'] },
          { operator: 'Div', inputs: ['zero', 'zero'], outputs: ['out'] },
        ]),
      either,
    ],
    [
      'a network that answers infinity',
      () =>
        fakeWav2Lip([
          { operator: 'Sub', inputs: ['grey', 'grey'], outputs: ['zero'] },
          { operator: 'Div', inputs: ['grey', 'zero'], outputs: ['out'] },
        ]),
      either,
    ],
    ['a value of 2⁴⁰ numbers', () => giant(2 ** 20, 2 ** 20)],
    ['a value of 2⁶² numbers', () => giant(2 ** 31, 2 ** 31)],
    ['a value of more numbers than there are', () => giant(2 ** 40, 2 ** 40)],
    ['a value of minus one number', () => giant(-1)],
    ['a value without numbers', () => giant(0), either],
    [
      'a picture that is laid out a billion times',
      () =>
        fakeWav2Lip(
          [
            { operator: 'Tile', inputs: ['grey', 'times'], outputs: ['big'] },
            {
              operator: 'ReduceMax',
              inputs: ['big'],
              outputs: ['most'],
              attributes: { keepdims: { type: 'integer', value: 0 } },
            },
            { operator: 'Add', inputs: ['grey', 'most'], outputs: ['out'] },
          ],
          [whole('times', 2 ** 15, 1, 2 ** 10, 2 ** 10)],
        ),
    ],
    [
      'an edge of a billion pixels',
      () =>
        fakeWav2Lip(
          [
            { operator: 'Pad', inputs: ['grey', 'edge'], outputs: ['big'] },
            {
              operator: 'ReduceMax',
              inputs: ['big'],
              outputs: ['most'],
              attributes: { keepdims: { type: 'integer', value: 0 } },
            },
            { operator: 'Add', inputs: ['grey', 'most'], outputs: ['out'] },
          ],
          [whole('edge', 0, 0, 2 ** 30, 2 ** 30, 0, 0, 2 ** 30, 2 ** 30)],
        ),
    ],
    [
      'a look-up outside of a list',
      () =>
        fakeWav2Lip(
          [{ operator: 'Gather', inputs: ['grey', 'far'], outputs: ['out'] }],
          [whole('far', 2 ** 40)],
        ),
    ],
    ['2,000 nodes in a row', () => chain(2000), either],
    ['20,001 nodes', () => chain(20_001)],
    ['a tensor of 2⁴⁰ numbers', () => sized(2 ** 40)],
    ['a tensor of a negative size', () => sized(-1)],
    ['a tensor of 2⁴⁰ numbers in two dimensions', () => sized(2 ** 20, 2 ** 20)],
    ['a tensor of nine dimensions', () => sized(1, 1, 1, 1, 1, 1, 1, 1, 1)],
    ['a tensor whose numbers are missing', () => sized(1000)],
    ['messages 100 deep', () => nested(100, 1)],
    ['messages 10,000 deep', () => nested(10_000, 1)],
    [
      'a subgraph',
      () =>
        graphOf((g) =>
          g.message(
            1,
            new MessageWriter()
              .string(4, 'If')
              .message(5, new MessageWriter().string(1, 'body').message(6, new MessageWriter())),
          ),
        ),
    ],
    [
      'a loop',
      () =>
        graphOf((g) =>
          g.message(
            1,
            new MessageWriter()
              .string(4, 'Loop')
              .message(5, new MessageWriter().string(1, 'body').message(6, new MessageWriter())),
          ),
        ),
    ],
    [
      'functions of its own',
      () =>
        Buffer.concat([
          fakeWav2Lip(),
          new MessageWriter().message(25, new MessageWriter().string(1, 'f')).finish(),
        ]),
      either,
    ],
    ['two graphs', () => Buffer.concat([fakeWav2Lip(), fakeWav2Lip()])],
    ['a field of a length beyond the end', () => Buffer.from([0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f])],
    ['a number that never ends', () => Buffer.alloc(100, 0xff)],
    [
      'ports of nobody',
      () => writeModel({ name: '', inputs: [], outputs: [], constants: [], nodes: [] }),
    ],
    ['a name of a megabyte', () => graphOf((g) => g.message(1, relu('a'.repeat(1_000_000), 'b')))],
  ];
  return [
    ...entries.map(([name, make, expect]) => of(name, make, expect)),
    ...cuts(fakeWav2Lip(), 'onnx', 'a network'),
    ...Object.entries(STRANGERS).map(([name, content]) =>
      of(`${name} under the name of a network`, () => content),
    ),
  ];
}
