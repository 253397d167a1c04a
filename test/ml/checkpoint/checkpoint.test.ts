import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { Checkpoint } from '../../../src/ml/checkpoint/checkpoint';
import {
  floats,
  legacyCheckpoint,
  zipCheckpoint,
  type SavedTensor,
} from '../../support/checkpoints';
import { noise } from '../../support/noise';
import { Call, Global, pickle, Raw } from '../../support/pickles';
import { zip } from '../../support/zips';

type Numbers = Record<string, { shape: readonly number[]; data: number[] }>;

let folder: string;
before(async () => (folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-checkpoint-'))));
after(() => rm(folder, { recursive: true }));

async function open<T>(bytes: Uint8Array, use: (checkpoint: Checkpoint) => Promise<T>): Promise<T> {
  const file = path.join(folder, 'model.pth');
  await writeFile(file, bytes);
  const checkpoint = await Checkpoint.open(file);
  try {
    return await use(checkpoint);
  } finally {
    await checkpoint.close();
  }
}

const readAll = (bytes: Uint8Array): Promise<Numbers> =>
  open(bytes, async (checkpoint) => {
    const numbers: Numbers = {};
    for (const name of checkpoint.shapes.keys()) {
      const { shape, data } = await checkpoint.read(name);
      numbers[name] = { shape, data: [...data] };
    }
    return numbers;
  });

/** Refused with E_MODEL_INVALID and a sentence that names what was found. */
async function refuses(bytes: Uint8Array, found: RegExp): Promise<void> {
  await assert.rejects(readAll(bytes), (error: Error & { code: string }) => {
    assert.equal(error.code, 'E_MODEL_INVALID');
    assert.match(error.message, found);
    return true;
  });
}

const FORMATS = { zip: zipCheckpoint, legacy: legacyCheckpoint };
const small = (): SavedTensor => floats([2, 3], Float32Array.of(1, 2, 3, 4, 5, 6));

for (const [format, save] of Object.entries(FORMATS)) {
  describe(`PyTorch checkpoint, ${format} format`, () => {
    it('gives names, shapes and numbers', async () => {
      const other = floats([4], noise(4, -1, 1));
      const file = save({ state_dict: { weight: small(), bias: other }, global_step: 1234 });
      const numbers = await readAll(file);
      assert.deepEqual(Object.keys(numbers), ['weight', 'bias']);
      assert.deepEqual(numbers['weight'], { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] });
      assert.deepEqual(numbers['bias']?.data, [...noise(4, -1, 1)]);
      assert.equal(await open(file, async (checkpoint) => checkpoint.format), format);
    });

    it('is also taken when it is the dictionary of tensors itself, or holds parameters', async () => {
      const numbers = await readAll(save({ weight: { ...small(), isParameter: true } }));
      assert.deepEqual(numbers['weight']?.data, [1, 2, 3, 4, 5, 6]);
    });

    it('loses the prefix of DataParallel', async () => {
      const numbers = await readAll(save({ state_dict: { 'module.a.weight': small() } }));
      assert.deepEqual(Object.keys(numbers), ['a.weight']);
      await refuses(save({ 'module.a': small(), a: small() }), /a twice/);
    });

    it('holds an optimiser that nobody reads', async () => {
      const optimizer = {
        state: { 0: { step: 3, exp_avg: small() } },
        param_groups: [{ lr: 0.1 }],
      };
      const numbers = await readAll(save({ optimizer, state_dict: { a: small() } }));
      assert.deepEqual(Object.keys(numbers), ['a']);
    });

    it('may hold half, double and bfloat16 numbers', async () => {
      const values = [0, 1, -2, 0.5, 65_504, 2 ** -24, -0.333251953125];
      const halves = Uint16Array.of(0, 0x3c00, 0xc000, 0x3800, 0x7bff, 1, 0xb555);
      const tensor = (type: string, data: Uint16Array | Float64Array): SavedTensor => {
        const bytes = new Uint8Array(data.buffer);
        return { shape: [data.length], storage: { type, count: data.length, bytes } };
      };
      const numbers = await readAll(
        save({
          half: tensor('Half', halves),
          double: tensor('Double', Float64Array.from(values)),
          brain: tensor('BFloat16', Uint16Array.of(0x3f80, 0xc000, 0x4049)),
        }),
      );
      assert.deepEqual(numbers['half']?.data, values);
      assert.deepEqual(numbers['double']?.data, values);
      assert.deepEqual(numbers['brain']?.data, [1, -2, 3.140625]);
    });

    it('may hold tied, transposed, sliced and repeated tensors', async () => {
      const { storage } = floats(
        [12],
        Float32Array.from({ length: 12 }, (_, i) => i),
      );
      const numbers = await readAll(
        save({
          whole: { storage, shape: [3, 4] },
          turned: { storage, shape: [4, 3], strides: [1, 4] },
          column: { storage, shape: [3], offset: 1, strides: [4] },
          repeated: { storage, shape: [2, 2], offset: 5, strides: [0, 1] },
          scalar: { storage, shape: [], offset: 7, strides: [] },
          empty: { storage, shape: [0, 4] },
        }),
      );
      assert.deepEqual(numbers['turned']?.data, [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]);
      assert.deepEqual(numbers['column']?.data, [1, 5, 9]);
      assert.deepEqual(numbers['repeated']?.data, [5, 6, 5, 6]);
      assert.deepEqual(numbers['scalar']?.data, [7]);
      assert.deepEqual(numbers['empty']?.data, []);
      assert.equal(numbers['whole']?.data[11], 11);
    });

    it('is refused where a tensor reaches beyond its storage or asks for too much', async () => {
      const { storage } = small();
      await refuses(save({ a: { storage, shape: [2, 4] } }), /number 7 of 6/);
      await refuses(save({ a: { storage, shape: [2], offset: 5 } }), /number 6 of 6/);
      await refuses(save({ a: { storage, shape: [1e6, 1e6], strides: [0, 0] } }), /1000000000000/);
      const huge = { ...storage, count: 2 ** 50 };
      await refuses(save({ a: { storage: huge, shape: [6] } }), /bytes|end missing|numbers/);
      await refuses(
        save({ a: { storage, shape: [1, 1, 1, 1, 1, 1, 1, 1, 1, 6] } }),
        /but found 10/,
      );
    });

    it('is refused when it asks for integers as weights', async () => {
      const bytes = new Uint8Array(8);
      const whole = { shape: [1], storage: { type: 'Long', count: 1, bytes } };
      await refuses(save({ a: whole }), /int64/);
    });

    it('is refused, cut off anywhere, and without waiting', async () => {
      const bytes = save({ state_dict: { a: small(), b: small() } });
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 0, max: bytes.length - 1 }), (length) =>
          refuses(bytes.subarray(0, length), /Expected .* but found/),
        ),
        { numRuns: 60 },
      );
    });

    it('never fails otherwise than with E_MODEL_INVALID, whatever byte is changed', async () => {
      const bytes = save({ state_dict: { a: small() } });
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 0, max: bytes.length - 1 }),
          fc.integer({ min: 0, max: 255 }),
          async (at, value) => {
            const changed = Buffer.from(bytes);
            changed[at] = value;
            await readAll(changed).catch((error: { code?: string }) => {
              assert.equal(error.code, 'E_MODEL_INVALID', String(error));
            });
          },
        ),
        { numRuns: 300 },
      );
    });
  });
}

describe('pickle of a checkpoint', () => {
  const withPickle = (data: Buffer): Buffer => zip([{ name: 'archive/data.pkl', data }]);
  const raw = (...bytes: (string | number[])[]): Buffer =>
    Buffer.concat(bytes.map((part) => Buffer.from(part as string)));

  it('is never executed: names and calls other than those of tensors are refused', async () => {
    const system = new Global('os', 'system');
    await refuses(withPickle(pickle(new Call(system, ['true']))), /os\.system/);
    await refuses(withPickle(pickle(new Global('builtins', 'eval'))), /builtins\.eval/);
    await refuses(
      withPickle(raw([0x80, 4], 'X\x02\0\0\0osX\x06\0\0\0system', [0x93], '.')),
      /os\.system/,
    );
    const dict = new Global('collections', 'OrderedDict');
    await refuses(withPickle(pickle(new Call(dict, [1, 2, 3]))), /another call/);
    await refuses(withPickle(pickle(new Raw(raw('X\x01\0\0\0a)R')))), /something else/);
  });

  it('may use only the opcodes of plain data', async () => {
    // INST, OBJ, NEWOBJ, EXT1, DUP, a persistent id as text, a big long
    for (const opcode of [0x69, 0x6f, 0x81, 0x82, 0x32, 0x50, 0x8b]) {
      const hex = new RegExp(`0x${opcode.toString(16)}`);
      await refuses(withPickle(raw([0x80, 2, 0x4e, opcode, 0x2e])), hex);
    }
    await refuses(withPickle(raw('N', [0x62])), /none|cut off/);
    await refuses(withPickle(raw('NNb.')), /an object with a state/);
  });

  it('may contain itself without harm', async () => {
    // d = {}; d['a'] = d
    await refuses(withPickle(raw([0x80, 2], '}q\0X\x01\0\0\0ah\0s.')), /found none/);
    await refuses(withPickle(raw([0x80, 2], ']q\0h\0a.')), /dictionary of tensors/);
  });

  it('is refused when its stack or memo does not hold what an opcode needs', async () => {
    for (const program of [
      '.',
      '0.',
      't.',
      'h\x05.',
      's.',
      '}e.',
      '(}u.',
      'NN.',
      'R.',
      '(Q.',
      'Q.',
    ]) {
      await refuses(withPickle(raw(program)), /Expected .* but found/);
    }
  });

  it('is refused when it is too long, deep nesting is not', async () => {
    const deep = ']'.repeat(900_000);
    await refuses(withPickle(raw(deep, '.')), /another count/);
    await refuses(withPickle(raw('N0'.repeat(600_000))), /more/);
    await refuses(withPickle(raw('X', [0xff, 0xff, 0xff, 0x7f], 'a')), /more/);
  });

  it('needs a version that is known', async () => {
    await refuses(withPickle(raw([0x80, 9], 'N.')), /found 9/);
  });
});

describe('zip archive of a checkpoint', () => {
  const data = pickle({});
  const main = { name: 'archive/data.pkl', data };
  const valid = { state_dict: { a: small() } };

  it('may be zip64, have a comment, and more files', async () => {
    const extra = [{ name: 'archive/byteorder', data: Buffer.from('little') }];
    for (const options of [{ zip64: true }, { comment: 'hello' }, { extra }]) {
      assert.deepEqual((await readAll(zipCheckpoint(valid, options)))['a']?.data.length, 6);
    }
  });

  it('is refused where two readers could see different things', async () => {
    await refuses(zip([main, main]), /twice/);
    await refuses(zip([main, { name: 'other/data.pkl', data }]), /found 2/);
    await refuses(zip([{ ...main, localName: 'archive/data.pkx' }]), /something else/);
    await refuses(zip([{ ...main, stored: 5 }]), /and 5/);
    await refuses(zip([{ ...main, method: 8 }]), /compressed/);
    await refuses(zip([{ ...main, flags: 1 }]), /encrypted/);
    await refuses(zip([{ ...main, size: data.length + 30 }]), /reaching into the next one/);
    await refuses(zip([main, { name: 'archive/version', data, offset: 0 }]), /reaching|where/);
    await refuses(zip([main], { count: 2 }), /damaged/);
    await refuses(zip([main], { count: 60_000 }), /60000/);
  });

  it('is refused with names that lead elsewhere', async () => {
    for (const name of ['../a', '/a', 'a/../../b', 'a\\b', 'c:a', '']) {
      await refuses(zip([main, { name, data }]), /plain file names/);
    }
  });

  it('is refused when it is a TorchScript program, or from a big-endian machine', async () => {
    const file = (name: string, text: string) => ({ name, data: Buffer.from(text) });
    await refuses(
      zipCheckpoint(valid, { extra: [file('archive/constants.pkl', '')] }),
      /TorchScript/,
    );
    await refuses(zipCheckpoint(valid, { extra: [file('archive/byteorder', 'big')] }), /others/);
  });
});

describe('file that is no checkpoint', () => {
  it('is refused saying so', async () => {
    await refuses(Buffer.from('<html>not found</html>'), /another kind/);
    await refuses(Buffer.alloc(0), /0 bytes/);
    await refuses(Buffer.alloc(100_000), /another kind/);
    await refuses(Buffer.concat([pickle(1n), Buffer.alloc(9)]), /something else/);
  });

  it('is E_PATH when it cannot be read', async () => {
    await assert.rejects(Checkpoint.open(path.join(folder, 'absent.pth')), { code: 'E_PATH' });
  });

  it('is read without its numbers: a gigabyte of storage costs nothing until asked for', async () => {
    const file = path.join(folder, 'sparse.pth');
    const count = 2 ** 28;
    const bytes = new Uint8Array(0);
    const big = { storage: { type: 'Float', count, bytes }, shape: [4], offset: count - 4 };
    await writeFile(file, legacyCheckpoint({ state_dict: { a: big } }));
    const head = (await stat(file)).size;
    await truncate(file, head + count * 4);
    const checkpoint = await Checkpoint.open(file);
    const before = process.memoryUsage().rss;
    assert.deepEqual([...(await checkpoint.read('a')).data], [0, 0, 0, 0]);
    assert.ok(process.memoryUsage().rss - before < 64e6);
    await checkpoint.close();
    await rm(file);
  });
});
