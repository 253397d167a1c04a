/** Landmarks of a face whose place is known, and of frames in a sequence. */
import { measureRoll } from '../contract';
import { boxAround } from './box';
import { viewOfLandmarks } from './facemesh';
import { findFaces, type FoundFace } from './find';
import type { FaceNetworks } from './networks';
import { Pyramid } from './pyramid';
import { refineMesh, type Precision } from './refine';
import type { Picture } from '../av/picture';

/** Below this FaceMesh itself says that there is no face. */
const LEAST_PRESENCE = 0.5;

/** The same face with its landmarks as precise as they get; for still pictures. */
export async function withFineLandmarks(
  picture: Picture,
  networks: FaceNetworks,
  face: FoundFace,
): Promise<FoundFace> {
  const found = await follow(new Pyramid(picture), networks, face, 'fine');
  return found ? { ...found, score: face.score } : face;
}

/**
 * The largest face of a frame. With the face of the frame before it, only its surroundings are
 * looked at, which takes a tenth of the time.
 * @param picture RGB, 8 bit
 * @param precision `quick` for previews, `steady` for measuring, `fine` for stills
 * @returns nothing where there is no face
 */
export async function landmarksOfFrame(
  picture: Picture,
  networks: FaceNetworks,
  previous?: Pick<FoundFace, 'landmarks'>,
  precision: Precision = 'steady',
): Promise<FoundFace | undefined> {
  const pyramid = new Pyramid(picture);
  if (previous) return follow(pyramid, networks, previous, precision);
  const { faces } = await findFaces(picture, networks, { minScore: 0.5 });
  const [largest] = faces.sort((a, b) => b.box[2] - b.box[0] - (a.box[2] - a.box[0]));
  return largest && follow(pyramid, networks, largest, precision);
}

async function follow(
  pyramid: Pyramid,
  networks: FaceNetworks,
  known: Pick<FoundFace, 'landmarks'>,
  precision: Precision,
): Promise<FoundFace | undefined> {
  const view = viewOfLandmarks(known.landmarks);
  const mesh = await refineMesh(networks.mesh, pyramid, view, { precision, rounds: 2 });
  if (mesh.presence < LEAST_PRESENCE) return undefined;
  const { landmarks, presence } = mesh;
  return { box: boxAround(landmarks), score: presence, roll: measureRoll(landmarks), landmarks };
}
