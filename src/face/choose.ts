/** Which of several faces is meant: by place and size, or by looks. */
import path from 'node:path';
import { findFaces, type FoundFace } from './find';
import { openFaceDescriber, type FaceNetworkOptions, type FaceNetworks } from './networks';
import { readPicture, type Picture } from '../av/picture';
import { inputError, LipwireError, type PortraitFile } from '../contract';
import { regionOf } from './adjustments';
import type { FaceDetectParameters } from './stage';
import { areaOf, sharedArea, type Box } from './box';
import type { Network } from '../ml/onnx/session';
import { viewOfLandmarks } from './facemesh';
import { Pyramid, sampleView } from './view';

/** How alike each face is to the reference picture's. */
type Rate = (faces: readonly FoundFace[], picture: Picture) => Promise<number[]>;

/**
 * Reads the reference picture, where one is asked for.
 * @throws E_INPUT without a picture, E_NO_FACE when it shows none
 */
export async function readReference(
  { reference }: PortraitFile,
  { select, minScore }: FaceDetectParameters,
  networks: FaceNetworks,
  options: FaceNetworkOptions,
  signal: AbortSignal,
): Promise<Rate | undefined> {
  if (select !== 'reference') return undefined;
  if (!reference) {
    throw inputError('msg.reference', 'the path of a picture for select "reference"', reference);
  }
  const network = await openFaceDescriber(options);
  const picture = await readPicture(reference, signal);
  const { faces } = await findFaces(picture, networks, { minScore, signal });
  const [largest] = faces.sort((a, b) => b.box[2] - b.box[0] - (a.box[2] - a.box[0]));
  if (!largest) {
    throw new LipwireError(
      'E_NO_FACE',
      `Expected a face in the reference picture ${path.basename(reference)} but found none with a ` +
        `score of ${minScore} or more; use a picture with a larger, clearer face.`,
    );
  }
  const wanted = await describeFace(network, picture, largest);
  return async (all, shown) => {
    const rates: number[] = [];
    for (const face of all) rates.push(likeness(wanted, await describeFace(network, shown, face)));
    return rates;
  };
}

/**
 * @param faces from left to right, at least one
 * @param scale of the picture's pixels to those of the settings
 * @returns an index into `faces`, and how alike it is where that was asked for
 * @throws E_INPUT when there are fewer faces than the number asked for
 */
export async function chooseFace(
  faces: readonly FoundFace[],
  picture: Picture,
  parameters: FaceDetectParameters,
  rate: Rate | undefined,
  scale = 1,
): Promise<{ index: number; likeness?: number }> {
  if (rate) {
    const rates = await rate(faces, picture);
    const most = Math.max(...rates);
    return { index: rates.indexOf(most), likeness: most };
  }
  const { select, faceNumber } = parameters;
  const region = regionOf(parameters)?.map((side) => side / scale) as ReturnType<typeof regionOf>;
  const choice = { select, faceNumber, ...(region && { region }) };
  return { index: selectFace(faces, choice, picture) };
}

interface Choice {
  select: string;
  /** From 1, counted from the left. */
  faceNumber: number;
  /** x1, y1, x2, y2 in pixels, for `region`. */
  region?: Box;
}

interface Selectable {
  box: Box;
  score: number;
}

/**
 * @param faces from left to right, at least one
 * @returns an index into `faces`; of equal ones the left
 * @throws E_INPUT when there are fewer faces than the number asked for, or no region
 */
export function selectFace(
  faces: readonly Selectable[],
  { select, faceNumber, region }: Choice,
  { width, height }: { width: number; height: number },
): number {
  switch (select) {
    case 'number':
      if (faceNumber <= faces.length) return faceNumber - 1;
      throw inputError(
        'the face number',
        faces.length === 1
          ? '1, as one face was found'
          : `a number from 1 to ${faces.length}, as so many faces were found`,
        faceNumber,
      );
    case 'central':
      return best(faces, ({ box: [x1, y1, x2, y2] }) => {
        return -Math.hypot((x1 + x2 - width) / 2, (y1 + y2 - height) / 2);
      });
    case 'region':
      return inRegion(faces, region);
    case 'score':
      return best(faces, ({ score }) => score);
    default:
      return best(faces, ({ box }) => areaOf(box));
  }
}

/** The face that covers most of the region; where none does, the one that is nearest to it. */
function inRegion(faces: readonly Selectable[], region: Box | undefined): number {
  if (!region) {
    throw inputError('region', 'four numbers [x1, y1, x2, y2] for select "region"', region);
  }
  const most = best(faces, ({ box }) => sharedArea(box, region));
  if (sharedArea(faces[most].box, region) > 0) return most;
  const [x, y] = middleOf(region);
  return best(faces, ({ box }) => {
    const [faceX, faceY] = middleOf(box);
    return -Math.hypot(faceX - x, faceY - y);
  });
}

function middleOf([x1, y1, x2, y2]: Box): [number, number] {
  return [(x1 + x2) / 2, (y1 + y2) / 2];
}

function best(faces: readonly Selectable[], rate: (face: Selectable) => number): number {
  const rates = faces.map(rate);
  return rates.indexOf(Math.max(...rates));
}

/**
 * What a face looks like, as numbers that can be compared. Network: HSE FaceRes, a MobileNet trained
 * to tell people apart (Savchenko, "Efficient facial representations for age, gender and identity
 * recognition", PeerJ CS 2019), as @vladmandic/human carries it. Only this part of it is used.
 */

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
async function describeFace(
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
function likeness(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, index) => sum + value * b[index], 0);
}
