/**
 * Light-ASD (Liao and others, "A light weight model for active speaker detection", 2023): does this
 * face look as if it speaks this sound? The score of talking people is around 0 to 2, of a frozen
 * mouth around −3. It does not tell good lip-sync from bad, so it is a floor.
 */
import path from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import { CEPSTRA } from './mfcc';
import { bestFace, type Box } from './yunet';

/** Side of what the network looks at, and its place in the crop of the face. */
const SIDE = 112;
const CROP = 224;
/** What lies outside the picture. */
const PAD = 110;
/** Frames between two looks for the face, and frames on each side that its place is averaged over. */
const EVERY = 5;
const STEADY = 6;
/** Windows of sound a frame. */
const WINDOWS = 4;

export class LightAsd {
  readonly #network: InferenceSession;
  readonly #detector: InferenceSession;

  private constructor(network: InferenceSession, detector: InferenceSession) {
    this.#network = network;
    this.#detector = detector;
  }

  /** @param folder of `light_asd_ava_cvpr.onnx` and `face_detection_yunet_2023mar.onnx` */
  static async open(folder: string): Promise<LightAsd> {
    const open = (name: string) => InferenceSession.create(path.join(folder, name));
    return new LightAsd(
      await open('light_asd_ava_cvpr.onnx'),
      await open('face_detection_yunet_2023mar.onnx'),
    );
  }

  /** Looks at a face, frame by frame; pictures of one size. */
  watch(width: number, height: number): FaceWatch {
    return new FaceWatch((frame) => bestFace(this.#detector, frame, width, height), width, height);
  }

  /** A score a frame. @param faces of {@link FaceView.look} @param sound cepstra, 100 a second */
  async score(faces: readonly Uint8Array[], sound: Float32Array): Promise<Float32Array> {
    const count = Math.min(faces.length, Math.floor(sound.length / CEPSTRA / WINDOWS));
    const pixels = new Float32Array(count * SIDE * SIDE);
    faces.slice(0, count).forEach((face, i) => pixels.set(face, i * SIDE * SIDE));
    const windows = sound.slice(0, count * WINDOWS * CEPSTRA);
    const { score } = await this.#network.run({
      mfcc: new Tensor('float32', windows, [1, count * WINDOWS, CEPSTRA]),
      faces: new Tensor('float32', pixels, [1, count, SIDE, SIDE]),
    });
    return score.data as Float32Array;
  }
}

/** Collects what Light-ASD sees: nose, mouth and chin, grey, 112 × 112, steadied over half a second. */
export class FaceWatch {
  readonly #find: (frame: Uint8Array) => Promise<Box>;
  readonly #width: number;
  readonly #height: number;
  readonly #boxes: Box[] = [];
  readonly #parts: Uint8Array[] = [];
  /** What is kept of each frame: more than any box will ask for. */
  #kept: Rectangle | undefined;

  constructor(find: (frame: Uint8Array) => Promise<Box>, width: number, height: number) {
    this.#find = find;
    this.#width = width;
    this.#height = height;
  }

  /** Takes the next frame, rgb24; 25 a second. */
  async push(frame: Uint8Array): Promise<void> {
    const index = this.#parts.length;
    this.#boxes.push(index % EVERY === 0 ? await this.#find(frame) : this.#boxes[index - 1]);
    this.#kept ??= grown(cropOf(this.#boxes[0]), 0.2);
    this.#parts.push(this.#cut(frame, this.#kept));
  }

  async faces(): Promise<Uint8Array[]> {
    return Promise.all(this.#parts.map((part, i) => this.#face(part, cropOf(this.#steadied(i)))));
  }

  #steadied(index: number): Box {
    const sum = [0, 0, 0, 0];
    for (let i = index - STEADY; i <= index + STEADY; i++) {
      const box = this.#boxes[Math.min(this.#boxes.length - 1, Math.max(0, i))];
      box.forEach((side, k) => (sum[k] += side / (2 * STEADY + 1)));
    }
    return sum as unknown as Box;
  }

  #cut(frame: Uint8Array, { left, top, width, height }: Rectangle): Uint8Array {
    const part = new Uint8Array(width * height * 3).fill(PAD);
    const from = Math.max(0, left);
    const to = Math.min(this.#width, left + width);
    for (let row = Math.max(0, -top); row < Math.min(height, this.#height - top); row++) {
      const start = (top + row) * this.#width;
      const line = frame.subarray((start + from) * 3, (start + to) * 3);
      part.set(line, (row * width + from - left) * 3);
    }
    return part;
  }

  async #face(part: Uint8Array, { left, top, width, height }: Rectangle): Promise<Uint8Array> {
    const kept = this.#kept!;
    const raw = { width: kept.width, height: kept.height, channels: 3 } as const;
    const grey = await sharp(part, { raw })
      .extract({ left: left - kept.left, top: top - kept.top, width, height })
      .resize(CROP, CROP, { fit: 'fill', kernel: 'linear' })
      .greyscale()
      .toColourspace('b-w')
      .raw()
      .toBuffer();
    const inset = (CROP - SIDE) / 2;
    const face = new Uint8Array(SIDE * SIDE);
    for (let row = 0; row < SIDE; row++) {
      const start = (row + inset) * CROP + inset;
      face.set(grey.subarray(start, start + SIDE), row * SIDE);
    }
    return face;
  }
}

interface Rectangle {
  left: number;
  top: number;
  width: number;
  height: number;
}

function cropOf([x1, y1, x2, y2]: Box): Rectangle {
  const half = Math.max(x2 - x1, y2 - y1) / 2;
  const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2];
  const left = Math.floor(x - 1.4 * half);
  const top = Math.floor(y - half);
  return {
    left,
    top,
    width: Math.floor(x + 1.4 * half) - left,
    height: Math.floor(y + 1.8 * half) - top,
  };
}

function grown({ left, top, width, height }: Rectangle, share: number): Rectangle {
  const more = Math.ceil(share * Math.max(width, height));
  return { left: left - more, top: top - more, width: width + 2 * more, height: height + 2 * more };
}
