/**
 * What a face looks like, as numbers that can be compared. Network: HSE FaceRes, a MobileNet trained
 * to tell people apart (Savchenko, "Efficient facial representations for age, gender and identity
 * recognition", PeerJ CS 2019), as @vladmandic/human carries it. Only this part of it is used.
 */
import type { Network } from '../ml/onnx/session';
import { viewOfLandmarks } from './facemesh';
import type { FoundFace } from './find';
import { Pyramid } from './pyramid';
import { sampleView } from './sample';
import type { Picture } from '../av/picture';

const SIZE = 224;
/** The view of the landmarks, a little closer: measured, this sets people apart best. */
const CLOSER = 0.9;
/** Means of blue, green and red in the training's pictures. */
const MEANS = [103.939, 116.779, 123.68] as const;

/**
 * Below this two faces are those of different people. Measured on portraits and a video: 0.78 to 0.99
 * for the same face in other light, size and pose; 0.24 to 0.54 for others.
 */
export const SAME_PERSON = 0.56;

/** 1024 numbers with a length of one. */
export async function describeFace(
  network: Network,
  picture: Picture,
  face: Pick<FoundFace, 'landmarks'>,
): Promise<Float32Array> {
  const view = viewOfLandmarks(face.landmarks);
  const how = { size: SIZE, scale: 1, offset: 0, outside: 'edge' } as const;
  const pixels = sampleView(new Pyramid(picture), { ...view, size: view.size * CLOSER }, how);
  for (let at = 0; at < pixels.length; at += 3) {
    const [red, green, blue] = pixels.subarray(at, at + 3) as unknown as [number, number, number];
    pixels.set([blue - MEANS[0], green - MEANS[1], red - MEANS[2]], at);
  }
  const [port] = network.inputs;
  const outputs = await network.run({
    [(port as { name: string }).name]: { data: pixels, shape: [1, SIZE, SIZE, 3] },
  });
  const { data } = Object.values(outputs)[0];
  const length = Math.hypot(...data);
  return data.map((value) => value / length);
}

/** How alike two descriptions are: 1 for the same picture, about 0.3 for strangers. */
export function likeness(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, index) => sum + value * b[index], 0);
}
