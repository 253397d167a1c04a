/** Which of several faces is meant: by place and size, or by looks. */
import path from 'node:path';
import { describeFace, likeness } from './likeness';
import { findFaces, type FoundFace } from './find';
import { openFaceDescriber, type FaceNetworkOptions, type FaceNetworks } from './networks';
import { readPicture } from '../av/picture';
import { selectFace } from './select';
import type { Picture } from '../av/picture';
import { inputError, LipwireError, type PortraitFile } from '../contract';
import { regionOf } from './adjustments';
import type { FaceDetectParameters } from './stage';

/** How alike each face is to the reference picture's. */
export type Rate = (faces: readonly FoundFace[], picture: Picture) => Promise<number[]>;

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
