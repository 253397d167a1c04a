/** Wav2Lip, opened once for the process and shared by the clips that are rendered with it. */
import { createHash } from 'node:crypto';
import { inputError, LipwireError } from '../../contract';
import {
  bestWay,
  type Chosen,
  type Way,
  cpuDevice,
  expectDevice,
  usableDevices,
} from '../../ml/onnx/devices';
import { scaledRegion, wholeRegion, type Region } from './regions';
import { openNetwork, type Network, type NetworkOptions, type Tensor } from '../../ml/onnx/session';
import { calibrationSound, int8Wav2Lip, type Features } from './int8';
import {
  halfWav2Lip,
  storedWav2Lip,
  type StoredWav2Lip,
  type StoredWav2LipOptions,
  type Wav2LipFile,
} from './model-file';
import { WAV2LIP_PORTS } from './network-graph';
import { WINDOW_VALUES } from './windows';

/** Paints mouths. */
export interface MouthNetwork {
  /** Side of the face it takes. */
  readonly size: number;
  /** Rows and columns of the picture that it gives. */
  readonly keep: Region;
  readonly device: string;
  /**
   * Reads a face once, however many frames it speaks.
   * @param input 6 × size × size
   * @throws E_MODEL_INVALID when 8 bits do not do for this face
   */
  face(input: Float32Array): Promise<SpeakingFace>;
  /**
   * A face of its own for every mel window, as frames of a video are. In 8 bits the ranges are those
   * of the first face that this network was given.
   * @param inputs `count` × 6 × size × size
   */
  faces(inputs: Float32Array, mels: Float32Array, count: number): Promise<Float32Array>;
}

/** Wav2Lip as one clip has it. */
export interface OpenMouthNetwork extends MouthNetwork {
  /** `fp32`, `fp16` or `int8`. */
  readonly precision: string;
  /** Why no other device or precision was taken, where there was a choice. */
  readonly reason?: string;
  /**
   * dB in which it agrees with fp32 on the CPU, for others than that; in 8 bits known once the first
   * face was given.
   */
  readonly psnr: number | undefined;
  /** Frames that are best computed at once. */
  readonly batch: number;
}

/** @returns the kept pictures one after the other, each in three planes: blue, green, red, 0…1 */
type SpeakingFace = (mels: Float32Array, count: number) => Promise<Float32Array>;

export interface MouthNetworkOptions extends StoredWav2LipOptions {
  /** `auto`: the fastest that there is and that computes what the CPU computes. */
  device?: string;
  threads?: number;
  /** `auto`: fp32 on the CPU; on a GPU fp16, where that agrees. */
  precision?: 'auto' | 'fp32' | 'int8' | 'fp16';
}

/**
 * Frames at once. Measured (bench/wav2lip.mjs): on a CPU 1 to 16 differ by less than the measurement,
 * and a small batch takes less memory and hears a cancellation sooner: WebAssembly, which is slow, has
 * one. A GPU wants more at once.
 */
const BATCH = { cpu: 4, wasm: 1, gpu: 16 } as const;

const opened = new Map<string, Promise<Chosen<OpenModel>>>();

/**
 * Imports the model if that has not been done, and opens it, or takes what is open. Models stay open
 * as long as the worker process lives, which ends when it is idle.
 * @param keep what is wanted of the picture, in pixels of one of 96 × 96; a network that cannot leave
 *   out the rest gives all
 * @throws E_MODEL_INVALID, E_NATIVE for a device that is not there, E_INPUT for a precision that the
 *   device has not, E_PATH, E_DISK
 */
export async function openMouthNetwork(
  file: Wav2LipFile,
  keep: Region,
  options: MouthNetworkOptions,
): Promise<OpenMouthNetwork> {
  const { modelsFolder, device, threads, precision } = options;
  const key = JSON.stringify([file.sha256, keep, modelsFolder, device, threads, precision]);
  let chosen = opened.get(key);
  if (!chosen) {
    chosen = openBest(file, keep, options).catch((error: unknown) => {
      opened.delete(key);
      throw error;
    });
    opened.set(key, chosen);
  }
  return clipOf(await chosen);
}

/** Closes all: for tests, and when the worker ends. */
export async function closeMouthNetworks(): Promise<void> {
  const all = await Promise.allSettled(opened.values());
  opened.clear();
  for (const result of all) if (result.status === 'fulfilled') await result.value.network.release();
}

function clipOf({ network, device, precision, reason, psnr }: Chosen<OpenModel>): OpenMouthNetwork {
  const { size, keep } = network;
  let speaker: Promise<Speaker> | undefined;
  let agreement = psnr;
  const speak = async (faces: Float32Array, count: number) => {
    speaker ??= network.speaker(faces.subarray(0, 6 * size ** 2));
    const { speak: spoken, psnr: measured = psnr } = await speaker;
    agreement = measured;
    const read = await network.read(faces, count);
    return (mels: Float32Array, windows: number) => spoken(read, mels, windows);
  };
  return {
    size,
    keep,
    device,
    precision,
    ...(reason && { reason }),
    get psnr() {
      return agreement;
    },
    batch: device === 'cpu' || device === 'wasm' ? BATCH[device] : BATCH.gpu,
    face: (input) => speak(input, 1),
    faces: async (inputs, mels, count) => (await speak(inputs, count))(mels, count),
  };
}

/** Paints the mouths of faces that were read, one for all windows or one for each. */
interface Speaker {
  speak(read: Features, mels: Float32Array, count: number): Promise<Float32Array>;
  /** dB against fp32 on the CPU, where the network is another one. */
  psnr?: number;
}

/** A model that is open in this process, shared by all clips. */
interface OpenModel {
  /** Side of the face it takes. */
  readonly size: number;
  /** Rows and columns of the picture that it gives. */
  readonly keep: Region;
  /** Reads one face or one for each window: `count` × 6 × size × size. */
  read(inputs: Float32Array, count: number): Promise<Features>;
  /** @param face the clip's first */
  speaker(face: Float32Array): Promise<Speaker>;
  release(): Promise<void>;
}

/** Frames of the self-check. */
const CHECKED = 2;

/** The model on the device and in the precision that were asked for. */
async function openBest(
  file: Wav2LipFile,
  keep: Region,
  options: MouthNetworkOptions,
): Promise<Chosen<OpenModel>> {
  const { device = 'auto', precision = 'auto' } = options;
  const isAuto = device === 'auto';
  await expectDevice(device);
  const base: Awaited<ReturnType<typeof cpuDevice>> =
    device === 'wasm' ? { device } : await cpuDevice();
  const isCpu = device === 'cpu' || device === base.device;
  const { devices: gpus, reason } = isAuto
    ? await usableDevices()
    : { devices: isCpu ? [] : [device], reason: base.reason ?? '' };
  if (precision === 'int8' && !isAuto && !isCpu) throw notInt8(device);
  const stored = await storedWav2Lip(file, keep, options);
  if (stored.kind === 'plain') expectWeights(precision, stored.reason);
  const cpu = { device: base.device, precision: precision === 'int8' ? 'int8' : 'fp32' };
  const precisions = ['fp16', 'fp32'].filter(
    (each) =>
      (precision === 'auto' || precision === each) && (each === 'fp32' || stored.kind === 'split'),
  );
  const ways = gpus.flatMap((gpu) => precisions.map((each) => ({ device: gpu, precision: each })));
  if (precision === 'fp16' && ways.length === 0) {
    throw halfOnCpu(reason || 'there is no other device');
  }
  const open = async (way: Way) => {
    const model = await openWay(way, stored, { file, keep, options });
    return { ...model, check: () => checkPictures(model) };
  };
  const wanted = { isCpuTaken: isCpu || isAuto, isSpeedAsked: isAuto };
  const chosen = await bestWay(ways, open, cpu, wanted);
  if (precision === 'fp16' && chosen.precision !== 'fp16') {
    await chosen.network.release();
    throw halfOnCpu(chosen.reason ?? '');
  }
  // No GPU computes in 8 bits, so only WebAssembly in place of the CPU is worth a reason.
  const why = precision === 'int8' ? base.reason : reason;
  const reasons = [why, chosen.reason].filter(Boolean).join('; ');
  return { ...chosen, ...(reasons && { reason: reasons }) };
}

/** The same frames whatever the device, for a self-check. @returns one batch of pictures */
async function checkPictures(model: OpenModel): Promise<Float32Array> {
  const face = Float32Array.from({ length: 6 * model.size ** 2 }, (_, i) => {
    return 0.5 + 0.4 * Math.sin(i * 0.013) + 0.1 * Math.sin(i * 1.7);
  });
  const { speak } = await model.speaker(face);
  return speak(await model.read(face, 1), calibrationSound(), CHECKED);
}

async function openWay(
  { device, precision }: Way,
  stored: StoredWav2Lip,
  { file, keep, options }: { file: Wav2LipFile; keep: Region; options: MouthNetworkOptions },
): Promise<OpenModel> {
  const on = { device, ...(options.threads && { threads: options.threads }) };
  if (stored.kind === 'plain') return openPlain(stored, on);
  if (precision !== 'int8') {
    const { encoder, decoder } = precision === 'fp16' ? halfWav2Lip(stored, keep) : stored;
    return openSplit(encoder, decoder, keep, on);
  }
  return openInt8(stored.encoder, keep, on, async (face, features) => {
    // Read again for each face, which is seldom, rather than held in memory.
    const again = await storedWav2Lip(file, keep, options);
    if (again.kind === 'plain') throw new Error('the model is another one');
    return int8Wav2Lip(file, { ...options, ...again, keep, face, features });
  });
}

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

function melTensor(mels: Float32Array, count: number): Tensor {
  return { data: mels.subarray(0, count * WINDOW_VALUES), shape: [count, 1, 80, 16] };
}

/**
 * An export that is run as it is: the whole network for every frame, in pieces of the batch that it
 * is fixed to.
 */
async function openPlain(
  { bytes, ports }: StoredWav2Lip & { kind: 'plain' },
  options: NetworkOptions,
): Promise<OpenModel> {
  const { size, batch } = ports;
  const network = await openNetwork(bytes, options);
  const values = 3 * size * size;
  const inputValues = 2 * values;

  async function speak(
    { [ports.face]: { data: inputs } }: Features,
    mels: Float32Array,
    count: number,
  ): Promise<Float32Array> {
    const step = batch ?? count;
    const pictures = new Float32Array(count * values);
    const faces = new Float32Array(step * inputValues);
    for (let from = 0; from < count; from += step) {
      const filled = Math.min(step, count - from);
      for (let i = 0; i < filled; i++) {
        const at = inputs.length === inputValues ? 0 : (from + i) * inputValues;
        faces.set(inputs.subarray(at, at + inputValues), i * inputValues);
      }
      // What is missing of a last piece is computed from anything and left out.
      const piece = new Float32Array(step * WINDOW_VALUES);
      piece.set(mels.subarray(from * WINDOW_VALUES, (from + filled) * WINDOW_VALUES));
      const face = { data: faces, shape: [step, 6, size, size] };
      const results = await network.run({
        [ports.mel]: melTensor(piece, step),
        [ports.face]: face,
      });
      const { data } = results[ports.output];
      if (data.length !== step * values) throw otherPicture(data.length / step, values);
      pictures.set(data.subarray(0, filled * values), from * values);
    }
    return pictures;
  }

  return {
    size,
    keep: wholeRegion(size),
    read: async (data, count) => ({ [ports.face]: { data, shape: [count, 6, size, size] } }),
    speaker: async () => ({ speak }),
    release: () => network.release(),
  };
}

/** An export may say one size of its output and give another. */
function otherPicture(found: number, values: number): LipwireError {
  return new LipwireError(
    'E_MODEL_INVALID',
    `Expected ${values} values a picture from the network but received ${found}; choose another model.`,
  );
}

/** Our own graphs: the face encoder, and a decoder of what is kept. */
async function openSplit(
  encoderFile: Buffer,
  decoderFile: Buffer,
  keep: Region,
  options: NetworkOptions,
): Promise<OpenModel> {
  const encoder = await openEncoder(encoderFile, keep, options);
  const decoder = await openNetwork(decoderFile, options).catch(async (error: unknown) => {
    await encoder.release();
    throw error;
  });
  return {
    ...encoder,
    speaker: async () => ({ speak: (...spoken) => decode(decoder, ...spoken) }),
    release: async () => {
      await encoder.release();
      await decoder.release();
    },
  };
}

/** @param keep in pixels of a picture of 96 × 96 */
async function openEncoder(
  file: Buffer,
  keep: Region,
  options: NetworkOptions,
): Promise<Omit<OpenModel, 'speaker'>> {
  const encoder = await openNetwork(file, options);
  const size = Number(encoder.inputs[0].shape[2]);
  return {
    size,
    keep: scaledRegion(keep, size),
    read: (inputs, count) => {
      const data = inputs.subarray(0, count * 6 * size ** 2);
      return encoder.run({ [WAV2LIP_PORTS.face]: { data, shape: [count, 6, size, size] } });
    },
    release: () => encoder.release(),
  };
}

async function decode(
  decoder: Network,
  features: Features,
  mels: Float32Array,
  count: number,
): Promise<Float32Array> {
  const mel = melTensor(mels, count);
  const results = await decoder.run({ [WAV2LIP_PORTS.mel]: mel, ...features });
  return results[WAV2LIP_PORTS.output].data;
}

/** Decoders that stay open; each holds some 40 MB. */
const MOST_OPEN = 3;

interface FaceDecoder {
  opened: Promise<{ network: Network; psnr: number }>;
  /** Uses under way: a decoder in use is not closed, which is why this is no lru-cache. */
  users: number;
}

/**
 * Our own graphs with the decoder in 8 bits: one for each face, because each has its own ranges. The
 * face encoder stays in fp32; a still needs it once.
 * @param make makes the decoder for a face, 6 × size × size, and its features
 */
async function openInt8(
  encoderFile: Buffer,
  keep: Region,
  options: NetworkOptions,
  make: (face: Float32Array, features: Features) => Promise<{ decoder: Buffer; psnr: number }>,
): Promise<OpenModel> {
  const encoder = await openEncoder(encoderFile, keep, options);
  /** By the face's digest; the one that was used last stands last. */
  const decoders = new Map<string, FaceDecoder>();

  async function open(face: Float32Array): FaceDecoder['opened'] {
    const { decoder, psnr } = await make(face, await encoder.read(face, 1));
    return { network: await openNetwork(decoder, options), psnr };
  }

  /** Uses the decoder of a face, which may have to be opened (again) for it. */
  async function using<T>(
    face: Float32Array,
    work: (decoder: Awaited<FaceDecoder['opened']>) => T,
  ): Promise<Awaited<T>> {
    const bytes = new Uint8Array(face.buffer, face.byteOffset, face.byteLength);
    const key = createHash('sha256').update(bytes).digest('base64');
    const entry = decoders.get(key) ?? { opened: open(face), users: 0 };
    decoders.delete(key);
    decoders.set(key, entry);
    entry.users++;
    try {
      const decoder = await entry.opened.catch((error: unknown) => {
        if (decoders.get(key) === entry) decoders.delete(key);
        throw error;
      });
      return await work(decoder);
    } finally {
      entry.users--;
      await closeOldest();
    }
  }

  async function closeOldest(): Promise<void> {
    for (const [key, { opened: decoder, users }] of decoders) {
      if (decoders.size <= MOST_OPEN) return;
      if (users > 0) continue;
      decoders.delete(key);
      await (await decoder).network.release();
    }
  }

  return {
    ...encoder,
    speaker: async (face) => {
      const first = face.slice();
      return {
        psnr: await using(first, ({ psnr }) => psnr),
        speak: (...spoken) => using(first, ({ network }) => decode(network, ...spoken)),
      };
    },
    release: async () => {
      await encoder.release();
      const all = await Promise.allSettled([...decoders.values()].map((one) => one.opened));
      decoders.clear();
      for (const one of all) if (one.status === 'fulfilled') await one.value.network.release();
    },
  };
}
