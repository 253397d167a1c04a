/** YuNet (Wu, Peng and Yu 2023), as it comes in the OpenCV Zoo: the best face of a picture. */
import { Tensor, type InferenceSession } from 'onnxruntime-node';
import sharp from 'sharp';

/** x1, y1, x2, y2 in pixels. */
export type Box = readonly [number, number, number, number];

const SIDE = 640;
const STRIDES = [8, 16, 32];

/** Finds the best face. @param data rgb24 */
export async function bestFace(
  session: InferenceSession,
  data: Uint8Array,
  width: number,
  height: number,
): Promise<Box> {
  const scale = Math.min(SIDE / width, SIDE / height);
  const columns = Math.floor(width * scale);
  const rows = Math.floor(height * scale);
  const small = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize(columns, rows, { fit: 'fill', kernel: 'linear' })
    .raw()
    .toBuffer();
  const planes = new Float32Array(3 * SIDE * SIDE);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      for (let k = 0; k < 3; k++) {
        planes[(2 - k) * SIDE * SIDE + y * SIDE + x] = small[3 * (y * columns + x) + k];
      }
    }
  }
  const out = await session.run({ input: new Tensor('float32', planes, [1, 3, SIDE, SIDE]) });
  const values = (name: string) => out[name].data as Float32Array;
  let best = 0;
  let box: Box = [0, 0, width, height];
  for (const stride of STRIDES) {
    const cells = SIDE / stride;
    const [kind, object, place] = ['cls', 'obj', 'bbox'].map((name) => values(`${name}_${stride}`));
    for (let i = 0; i < cells * cells; i++) {
      const score = Math.sqrt(kind[i] * object[i]);
      if (score <= best) continue;
      best = score;
      const x = ((i % cells) + place[4 * i]) * stride;
      const y = (Math.floor(i / cells) + place[4 * i + 1]) * stride;
      const across = (Math.exp(place[4 * i + 2]) * stride) / 2;
      const along = (Math.exp(place[4 * i + 3]) * stride) / 2;
      box = [(x - across) / scale, (y - along) / scale, (x + across) / scale, (y + along) / scale];
    }
  }
  return box;
}
