/** Chooses one of several faces: by place, size or score, or by likeness to a reference picture. */
import path from 'node:path';
import { findFaces, widestOf, type FoundFace } from './find';
import { openFaceDescriber, type FaceNetworkOptions, type FaceNetworks } from './networks';
import { readPicture, type Picture } from '../av/picture';
import { inputError, LipwireError, numbersOf, type PortraitFile } from '../contract';
import type { FaceDetectParameters } from './stage';
import { areaOf, centreOf, mapBox, sharedArea, type Box, type Size } from './box';
import { runOn } from './detector';
import type { Network } from '../ml/onnx/session';
import { viewOfLandmarks } from './facemesh';
import { Pyramid, sampleView } from './view';

/** How alike each face is to that of the reference picture, 0…1. */
type Rate = (faces: readonly FoundFace[], picture: Picture) => Promise<number[]>;

/**
 * Reads the reference picture; undefined where `select` needs none.
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
  const widest = widestOf(faces);
  if (!widest) {
    throw new LipwireError(
      'E_NO_FACE',
      `Expected a face in the reference picture ${path.basename(reference)} but found none with a ` +
        `score of ${minScore} or more; use a picture with a larger, clearer face.`,
    );
  }
  const wanted = await describeFace(network, picture, widest);
  return async (all, shown) => {
    const rates: number[] = [];
    for (const face of all) rates.push(likeness(wanted, await describeFace(network, shown, face)));
    return rates;
  };
}

/**
 * @param faces from left to right, at least one
 * @param scale of the picture's pixels to those of the settings
 * @returns an index into `faces`, and its likeness where there is a reference
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
  const given = regionOf(parameters);
  const region = given && mapBox(given, (side) => side / scale);
  return { index: selectFace(faces, { select, faceNumber, region }, picture) };
}

type Selectable = Pick<FoundFace, 'box' | 'score'>;

/**
 * @param faces from left to right, at least one
 * @param choice `faceNumber` counts from 1; `region` in pixels of the picture
 * @returns an index into `faces`; of equal ones the leftmost
 * @throws E_INPUT when there are fewer faces than the number asked for, or no region
 */
export function selectFace(
  faces: readonly Selectable[],
  { select, faceNumber, region }: { select: string; faceNumber: number; region?: Box },
  { width, height }: Size,
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

/** The face that covers most of the region; where none does, the nearest one. */
function inRegion(faces: readonly Selectable[], region: Box | undefined): number {
  if (!region) {
    throw inputError('region', 'four numbers [x1, y1, x2, y2] for select "region"', region);
  }
  const most = best(faces, ({ box }) => sharedArea(box, region));
  if (sharedArea(faces[most].box, region) > 0) return most;
  const [x, y] = centreOf(region);
  return best(faces, ({ box }) => {
    const [faceX, faceY] = centreOf(box);
    return -Math.hypot(faceX - x, faceY - y);
  });
}

/** @throws E_INPUT for a region of no size */
function regionOf({ select, region }: FaceDetectParameters): Box | undefined {
  if (select !== 'region') return undefined;
  const corners = numbersOf(region) as Box | undefined;
  if (corners && corners[0] < corners[2] && corners[1] < corners[3]) return corners;
  throw inputError('region', 'x1, y1, x2 and y2 with x1 < x2 and y1 < y2', region || undefined);
}

function best(faces: readonly Selectable[], rate: (face: Selectable) => number): number {
  const rates = faces.map(rate);
  return rates.indexOf(Math.max(...rates));
}

const SIZE = 224;
/** The landmarks' view is scaled by this: measured, it tells people apart best. */
const CLOSER = 0.9;
/** Means of blue, green and red in the training data. */
const MEANS = [103.939, 116.779, 123.68] as const;

/**
 * Two faces less alike are different people. Measured on portraits and a video: 0.78 to 0.99 for the
 * same face in other light, size and pose; 0.24 to 0.54 for others.
 */
export const SAME_PERSON = 0.56;

/**
 * A vector of length 1 with 1024 numbers. Network: HSE FaceRes, a MobileNet trained to tell people
 * apart (Savchenko, "Efficient facial representations for age, gender and identity recognition", PeerJ
 * CS 2019), as @vladmandic/human carries it; only its description is used.
 */
async function describeFace(
  network: Network,
  picture: Picture,
  face: Pick<FoundFace, 'landmarks'>,
): Promise<Float32Array> {
  const view = viewOfLandmarks(face.landmarks);
  const sampling = { size: SIZE, scale: 1, offset: 0, outside: 'edge' } as const;
  const pixels = sampleView(new Pyramid(picture), { ...view, size: view.size * CLOSER }, sampling);
  for (let at = 0; at < pixels.length; at += 3) {
    const [red, green, blue] = pixels.subarray(at, at + 3);
    pixels.set([blue - MEANS[0], green - MEANS[1], red - MEANS[2]], at);
  }
  const outputs = await runOn(network, pixels, [1, SIZE, SIZE, 3]);
  const { data } = Object.values(outputs)[0];
  const length = Math.hypot(...data);
  return data.map((value) => value / length);
}

/** Cosine of two descriptions: 1 for the same picture, about 0.3 for different people. */
function likeness(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, index) => sum + value * b[index], 0);
}
