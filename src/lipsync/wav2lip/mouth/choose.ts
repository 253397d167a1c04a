/** On which device and in which precision a model is opened. */
import { inputError, LipwireError } from '../../../contract';
import { calibrationSound } from '../calibration-sound';
import { halfWav2Lip, storedWav2Lip, type StoredWav2Lip, type Wav2LipFile } from '../stored';
import { int8Wav2Lip } from '../make-int8';
import { bestWay, type Chosen, type Way } from '../../../ml/onnx/best-device';
import { cpuDevice, expectDevice, usableDevices } from '../../../ml/onnx/usable-devices';
import type { Region } from '../../../ml/onnx/regions';
import type { MouthNetworkOptions } from '../mouth-network';
import { WINDOW_VALUES } from '../windows';
import { openInt8 } from './int8';
import { checkPictures, type OpenedMouth } from './opened';
import { openPlain } from './plain';
import { openSplit } from './split';

type AnyMouth = OpenedMouth<unknown>;

/** A network, and how it came to be taken. */
export type ChosenMouth = Chosen<AnyMouth>;

/** Frames of the self-check. */
const CHECKED = 2;

/** The model on the device and in the precision that were asked for. */
export async function openMouth(
  file: Wav2LipFile,
  keep: Region,
  options: MouthNetworkOptions,
): Promise<ChosenMouth> {
  const { device = 'auto', precision = 'auto' } = options;
  const isAuto = device === 'auto';
  await expectDevice(device);
  const base: Cpu = device === 'wasm' ? { device } : await cpuDevice();
  const isCpu = device === 'cpu' || device === base.device;
  const { devices: gpus, reason } = isAuto
    ? await usableDevices()
    : { devices: isCpu ? [] : [device], reason: base.reason ?? '' };
  if (precision === 'int8' && !isAuto && !isCpu) throw notInt8(device);
  const stored = await storedWav2Lip(file, keep, options);
  if (stored.kind === 'plain') expectWeights(precision, stored.reason);
  const cpu = { device: base.device, precision: precision === 'int8' ? 'int8' : 'fp32' };
  const ways = precision === 'int8' ? [] : gpus.flatMap((gpu) => waysOf(gpu, precision, stored));
  if (precision === 'fp16' && ways.length === 0)
    throw halfOnCpu(reason || 'there is no other device');
  const open = async (way: Way): Promise<Checked> => {
    const network = await openWay(way, stored, { file, keep, options });
    const mels = calibrationSound().subarray(0, CHECKED * WINDOW_VALUES);
    return { ...network, check: () => checkPictures(network, mels) };
  };
  const chosen = await bestWay(ways, open, cpu, {
    isCpuTaken: isCpu || isAuto,
    isSpeedAsked: isAuto,
  });
  if (precision === 'fp16' && chosen.precision !== 'fp16') {
    await chosen.network.release();
    throw halfOnCpu(chosen.reason ?? '');
  }
  // In 8 bits no GPU was to be had anyway; that it is WebAssembly is still to be said.
  const why = precision === 'int8' ? base.reason : reason;
  const reasons = [why, chosen.reason].filter(Boolean).join('; ');
  return { ...chosen, ...(reasons && { reason: reasons }) };
}

type Cpu = Awaited<ReturnType<typeof cpuDevice>>;

type Checked = AnyMouth & { check(): Promise<Float32Array> };

function waysOf(
  device: string,
  precision: MouthNetworkOptions['precision'],
  { kind }: StoredWav2Lip,
): Way[] {
  const isHalf = kind === 'split' && precision !== 'fp32';
  const isFull = precision !== 'fp16';
  return [
    ...(isHalf ? [{ device, precision: 'fp16' }] : []),
    ...(isFull ? [{ device, precision: 'fp32' }] : []),
  ];
}

async function openWay(
  { device, precision }: Way,
  stored: StoredWav2Lip,
  { file, keep, options }: { file: Wav2LipFile; keep: Region; options: MouthNetworkOptions },
): Promise<AnyMouth> {
  const on = { device, ...(options.threads && { threads: options.threads }) };
  // What a network reads, only the same network is given.
  if (stored.kind === 'plain') return (await openPlain(stored, on)) as AnyMouth;
  if (precision === 'int8') {
    const make = async (face: Float32Array, features: Parameters<MakeDecoder>[1]) => {
      const again = await storedWav2Lip(file, keep, options);
      if (again.kind === 'plain') throw new Error('the model is another one');
      return int8Wav2Lip(file, { ...options, ...again, keep, face, features });
    };
    return (await openInt8(stored.encoder, make, keep, on)) as AnyMouth;
  }
  const files = precision === 'fp16' ? halfWav2Lip(stored, keep) : stored;
  return (await openSplit(files, keep, on)) as AnyMouth;
}

type MakeDecoder = Parameters<typeof openInt8>[1];

function notInt8(device: string): LipwireError {
  return inputError(
    'precision',
    `fp32 or fp16 on the device ${device}`,
    'int8',
    'choose the device auto or cpu for it',
  );
}

function expectWeights(precision: string, reason: string): void {
  if (precision === 'auto' || precision === 'fp32') return;
  throw new LipwireError(
    'E_MODEL_INVALID',
    `Expected a model whose weights can be taken for the precision ${precision} but ${reason}; ` +
      'choose fp32, or bring the checkpoint.',
  );
}

function halfOnCpu(reason: string): LipwireError {
  return new LipwireError(
    'E_INPUT',
    'Expected a GPU for the precision fp16 but the network would run on the CPU, which does not ' +
      `compute it (${reason}); choose fp32 or int8.`,
  );
}
