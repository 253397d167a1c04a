import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import {
  decodeWav,
  readWav,
  parseWav,
  readWavFormat,
  encodeWav,
  wavHeader,
  writeWav,
} from '../../src/av/wav';

/** A WAV file put together by hand: chunks in the order given. */
function riff(...chunks: [id: string, body: Buffer, claimed?: number][]): Buffer {
  const parts = chunks.map(([id, body, claimed]) => {
    const head = Buffer.alloc(8);
    head.write(id, 'latin1');
    head.writeUInt32LE(claimed ?? body.length, 4);
    return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
  });
  const body = Buffer.concat([Buffer.from('WAVE'), ...parts]);
  const head = Buffer.from('RIFF    ');
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body]);
}

function format(kind: number, channels: number, sampleRate: number, bits: number): Buffer {
  const body = Buffer.alloc(16);
  body.writeUInt16LE(kind, 0);
  body.writeUInt16LE(channels, 2);
  body.writeUInt32LE(sampleRate, 4);
  body.writeUInt32LE((sampleRate * channels * bits) / 8, 8);
  body.writeUInt16LE((channels * bits) / 8, 12);
  body.writeUInt16LE(bits, 14);
  return body;
}

describe('WAV files', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-wav-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('have the 44-byte header byte for byte', () => {
    const header = wavHeader({ sampleRate: 22050, channels: 1, samples: 10 });
    const expected =
      '5249464638000000574156456 66d74201000000001000100225600004 4ac0000020010006461746114000000';
    assert.equal(header.toString('hex'), expected.replaceAll(' ', ''));
  });

  it('keep 16-bit samples exactly through writing and reading', async () => {
    const file = path.join(folder, 'exact.wav');
    const left = Int16Array.from([0, 1, -1, 32767, -32768]);
    const right = Int16Array.from([5, 4, 3, 2, 1]);
    await writeWav(file, { sampleRate: 48000, channels: [left, right] });
    const sound = await readWav(file);
    assert.equal(sound.sampleRate, 48000);
    assert.deepEqual(
      sound.channels.map((c) => [...c].map((v) => v * 32768)),
      [[...left], [...right]],
    );
    assert.deepEqual(await readWavFormat(file), {
      sampleRate: 48000,
      channels: 2,
      bits: 16,
      encoding: 'integer',
      samples: 5,
      duration: 5 / 48000,
      offset: 44,
    });
  });

  it('keep floats within half a step of 16 bits and clip what is beyond', () => {
    const sample = fc.double({ min: -1, max: 32767 / 32768, noNaN: true });
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1 }), (values) => {
        const sound = { sampleRate: 16000, channels: [Float32Array.from(values)] };
        const [back] = decodeWav(encodeWav(sound)).channels;
        return values.every((value, i) => Math.abs((back?.[i] ?? 9) - value) <= 0.5001 / 32768);
      }),
    );
    const loud = { sampleRate: 16000, channels: [Float32Array.from([2, -2, NaN])] };
    assert.deepEqual([...(decodeWav(encodeWav(loud)).channels[0] ?? [])], [32767 / 32768, -1, 0]);
  });

  it('refuse channels of different length', () => {
    const channels = [new Int16Array(2), new Int16Array(3)];
    assert.throws(() => encodeWav({ sampleRate: 16000, channels }), { code: 'E_INPUT' });
  });

  const float32 = Buffer.alloc(8);
  float32.writeFloatLE(0.5, 0);
  float32.writeFloatLE(-0.25, 4);
  const float64 = Buffer.alloc(16);
  float64.writeDoubleLE(0.5, 0);
  float64.writeDoubleLE(-0.25, 8);
  for (const [name, kind, bits, body] of [
    ['8-bit', 1, 8, Buffer.from([192, 96])],
    ['16-bit', 1, 16, Buffer.from([0, 0x40, 0, 0xe0])],
    ['24-bit', 1, 24, Buffer.from([0, 0, 0x40, 0, 0, 0xe0])],
    ['32-bit', 1, 32, Buffer.from([0, 0, 0, 0x40, 0, 0, 0, 0xe0])],
    ['32-bit float', 3, 32, float32],
    ['64-bit float', 3, 64, float64],
  ] as const) {
    it(`are read with ${name} samples`, () => {
      const bytes = riff(['fmt ', format(kind, 1, 8000, bits)], ['data', body]);
      assert.deepEqual([...(decodeWav(bytes).channels[0] ?? [])], [0.5, -0.25]);
    });
  }

  it('are read in the extensible format', () => {
    const body = Buffer.concat([format(0xfffe, 1, 8000, 16), Buffer.alloc(24)]);
    body.writeUInt16LE(22, 16);
    body.writeUInt16LE(1, 24);
    const bytes = riff(['fmt ', body], ['data', Buffer.from([0, 0x40])]);
    assert.deepEqual([...(decodeWav(bytes).channels[0] ?? [])], [0.5]);
  });

  it('are read with other chunks before and after the samples', () => {
    const bytes = riff(
      ['LIST', Buffer.from('odd')],
      ['fmt ', format(1, 1, 8000, 16)],
      ['fact', Buffer.alloc(4)],
      ['data', Buffer.from([0, 0x40])],
      ['LIST', Buffer.alloc(400)],
    );
    assert.equal(decodeWav(bytes).channels[0]?.length, 1);
  });

  for (const claimed of [0, 0xffffffff, 4000]) {
    it(`are read to their end when the samples claim ${claimed} bytes`, () => {
      const samples = Buffer.from([0, 0x40, 0, 0x20, 7]);
      const bytes = riff(['fmt ', format(1, 1, 8000, 16)], ['data', samples, claimed]);
      assert.equal(parseWav(bytes.subarray(0, 49), 49).samples, 2);
    });
  }

  for (const [name, bytes] of [
    ['nothing', Buffer.alloc(0)],
    ['an MP3', Buffer.from('ID3\x04 and so on, long enough for a header')],
    ['only a head', riff()],
    ['samples without a format', riff(['data', Buffer.alloc(8)])],
    ['a format that is cut off', riff(['fmt ', Buffer.alloc(6)], ['data', Buffer.alloc(8)])],
    ['a format without samples', riff(['fmt ', format(1, 1, 8000, 16)])],
    ['ADPCM', riff(['fmt ', format(2, 1, 8000, 4)], ['data', Buffer.alloc(8)])],
    ['no channels', riff(['fmt ', format(1, 0, 8000, 16)], ['data', Buffer.alloc(8)])],
    ['a sample rate of zero', riff(['fmt ', format(1, 1, 0, 16)], ['data', Buffer.alloc(8)])],
  ] as const) {
    it(`are refused in one sentence when they hold ${name}`, async () => {
      const file = path.join(folder, 'bad.wav');
      await writeFile(file, bytes);
      await assert.rejects(readWav(file), { code: 'E_INPUT', message: /^[^\n]+\.$/ });
      await assert.rejects(readWavFormat(file), { code: 'E_INPUT' });
    });
  }

  it('never make the reader throw anything but a LipwireError', () => {
    const good = encodeWav({ sampleRate: 8000, channels: [new Int16Array(20)] });
    fc.assert(
      fc.property(fc.nat(83), fc.nat(255), fc.nat(84), (at, value, length) => {
        const bytes = Buffer.from(good.subarray(0, length));
        if (at < bytes.length) bytes[at] = value;
        try {
          return decodeWav(bytes).channels.length > 0;
        } catch (error) {
          return (error as { code?: string }).code === 'E_INPUT';
        }
      }),
    );
  });
});
