import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { executionProvider, offeredDevices, openNetwork } from '../../../src/ml/onnx/session';
import { bestWay, type Way, usableDevices, psnr } from '../../../src/ml/onnx/devices';
import { writeModel } from '../../../src/ml/onnx/writer';
import { loadRuntime } from '../../../src/ml/onnx/runtime';

const CPU = { device: 'cpu', precision: 'fp32' };
const GPU = { device: 'webgpu', precision: 'fp32' };
const RIGHT = Float32Array.from({ length: 64 }, (_, i) => i / 64);

describe('the choice of a device', () => {
  let open: string[];
  beforeEach(() => (open = []));

  /** Networks by device; a number is what its numbers are off by, an error what opening it throws. */
  function opening(found: Record<string, number | Error | 'fails' | 'slow'>) {
    return async ({ device, precision }: Way) => {
      const name = `${device} ${precision}`;
      const how = found[name];
      if (how instanceof Error) throw how;
      open.push(name);
      return {
        name,
        check: async () => {
          if (how === 'fails') throw new Error('device lost');
          // The CPU is not infinitely fast, the others are.
          if (how === 'slow' || device === 'cpu') await delay(how === 'slow' ? 120 : 20);
          return RIGHT.map((value) => value + (typeof how === 'number' ? how : 0));
        },
        release: async () => void open.splice(open.indexOf(name), 1),
      };
    };
  }

  it('takes the first that agrees with the CPU, and closes what it compared with', async () => {
    const chosen = await bestWay([GPU], opening({ 'cpu fp32': 0, 'webgpu fp32': 1e-4 }), CPU);
    assert.equal(chosen.device, 'webgpu');
    assert.ok(Math.abs(chosen.psnr! - 80) < 0.1);
    assert.equal(chosen.reason, undefined);
    assert.deepEqual(open, ['webgpu fp32']);
  });

  it('leaves nothing open where even the CPU fails to compute', async () => {
    const found = { 'cpu fp32': 'fails', 'webgpu fp32': 0 } as const;
    await assert.rejects(bestWay([GPU], opening(found), CPU, { isCpuTaken: false }), {
      code: 'E_NATIVE',
      message: /device lost/,
    });
    assert.deepEqual(open, []);
  });

  it('takes the next, and says why, after one that does not open, computes nonsense or breaks', async () => {
    const half = { device: 'cuda', precision: 'fp16' };
    const full = { device: 'cuda', precision: 'fp32' };
    const ways = [half, full, { device: 'directml', precision: 'fp32' }, GPU];
    const found = {
      'cpu fp32': 0,
      'cuda fp16': 0.1,
      'cuda fp32': new Error('no library'),
      'directml fp32': 'fails',
      'webgpu fp32': 0,
    } as const;
    const chosen = await bestWay(ways, opening(found), CPU);
    assert.equal(chosen.device, 'webgpu');
    assert.equal(chosen.psnr, 100);
    assert.equal(
      chosen.reason,
      'cuda in fp16 agrees with the CPU to 20.0 dB only; cuda: no library; directml: device lost',
    );
    assert.deepEqual(open, ['webgpu fp32']);
  });

  it('falls back to the CPU, with the reason', async () => {
    for (const [how, reason] of [
      [NaN, /0\.0 dB only/],
      [0.5, /6\.0 dB only/],
      ['slow', /slower than the CPU/],
    ] as const) {
      const chosen = await bestWay([GPU], opening({ 'cpu fp32': 0, 'webgpu fp32': how }), CPU);
      assert.equal(chosen.device, 'cpu');
      assert.match(chosen.reason!, reason);
      assert.equal(chosen.psnr, undefined);
      assert.deepEqual(open, ['cpu fp32']);
      open = [];
    }
    const alone = await bestWay([], opening({ 'cpu fp32': 0 }), CPU);
    assert.deepEqual([alone.device, alone.reason], ['cpu', undefined]);
  });

  it('fails where one device was asked for, which may be slow but not wrong', async () => {
    const asked = { isCpuTaken: false, isSpeedAsked: false };
    const slow = opening({ 'cpu fp32': 0, 'webgpu fp32': 'slow' });
    assert.equal((await bestWay([GPU], slow, CPU, asked)).device, 'webgpu');
    open = [];
    await assert.rejects(
      bestWay([GPU], opening({ 'cpu fp32': 0, 'webgpu fp32': 0.5 }), CPU, asked),
      {
        code: 'E_NATIVE',
        message: /Expected the device webgpu .* 6\.0 dB only.*choose auto or cpu/,
      },
    );
    assert.deepEqual(open, []);
  });

  it('knows the devices that an ONNX Runtime offers, the fastest first', () => {
    const runtime = (...providers: string[]) => ({ providers });
    assert.deepEqual(offeredDevices(runtime('cpu', 'webgpu', 'dml', 'cuda', 'tensorrt')), [
      'cuda',
      'directml',
      'webgpu',
    ]);
    assert.deepEqual(offeredDevices(runtime('cpu', 'coreml')), ['coreml']);
  });

  it('names a device that is not offered, or not known', async () => {
    const runtime = await loadRuntime();
    const missing = ['directml', 'coreml', 'cuda'].find(
      (device) => !offeredDevices(runtime).includes(device),
    )!;
    assert.throws(() => executionProvider(missing, runtime), { code: 'E_NATIVE' });
    assert.throws(() => executionProvider('abacus', runtime), { code: 'E_INPUT' });
  });

  it('tries which are there, and says why one is not', async () => {
    const { devices, reason } = await usableDevices();
    const offered = offeredDevices(await loadRuntime());
    assert.ok(devices.every((device) => offered.includes(device)));
    const absent = offered.find((device) => reason.includes(`${device}: `));
    if (!absent) return;
    assert.ok(!devices.includes(absent));
    const port = (name: string) => ({ name, shape: [1] });
    const node = { operator: 'Identity', inputs: ['x'], outputs: ['y'] };
    const ports = { inputs: [port('x')], outputs: [port('y')] };
    const model = writeModel({ name: '', ...ports, constants: [], nodes: [node] });
    await assert.rejects(openNetwork(model, { device: absent }), {
      code: 'E_NATIVE',
      message: new RegExp(`device ${absent} .* could not start it .*; choose auto or cpu`),
    });
  });
});

describe('the peak signal-to-noise ratio', () => {
  it('is 20 dB for a tenth of the scale, at most 100, and 0 for what is no number', () => {
    const off = RIGHT.map((value) => value - 0.1);
    assert.ok(Math.abs(psnr(RIGHT, off) - 20) < 1e-4);
    assert.equal(psnr(RIGHT, RIGHT), 100);
    assert.equal(
      psnr(
        RIGHT,
        RIGHT.map(() => NaN),
      ),
      0,
    );
    assert.equal(psnr(RIGHT, RIGHT.subarray(1)), 0);
  });
});
