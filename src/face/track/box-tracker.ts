/** Landmarks inside a box that the user gave. */
import { measureRoll } from '../../contract';
import { boxAround, sharedPart, type Box } from '../box';
import { viewOfBox, viewOfLandmarks, refineMesh, type Precision } from '../facemesh';
import type { FoundFace } from '../find';
import type { FaceNetworks } from '../networks';
import { Pyramid, type View } from '../view';
import type { Picture } from '../../av/picture';
import { followFace, type FrameTracker, type Tracked } from './tracker';
import type { ShotFrame } from './shots';

/** Landmarks that lie in the box by less than this share belong to something else. */
const LEAST_SHARED = 0.5;
/** A face in a box is found in so many looks, or not at all. */
const ROUNDS = 8;

/**
 * The face in a box, as precise as stills are.
 * @returns the box; without landmarks where FaceMesh sees no face in it
 */
export async function faceInBox(
  picture: Picture,
  networks: FaceNetworks,
  box: Box,
): Promise<Tracked> {
  const pyramid = new Pyramid(picture);
  const rough = await meshIn(networks, pyramid, viewOf(box), 'quick');
  const face = rough && (await meshIn(networks, pyramid, viewOfLandmarks(rough.landmarks), 'fine'));
  return face && belongs(face, box) ? { ...face, box } : { box, score: 0, roll: 0 };
}

/** Gives the same box for every frame, with the landmarks of the face in it. */
export class BoxTracker implements FrameTracker {
  readonly detections = 0;
  #last: FoundFace | undefined;

  constructor(
    private readonly networks: FaceNetworks,
    private readonly box: Box,
  ) {}

  async next({ picture, isFlat }: ShotFrame): Promise<Tracked> {
    const none = { box: this.box, score: 0, roll: 0 };
    if (isFlat) return none;
    const pyramid = new Pyramid(picture);
    const views = this.#last ? [viewOfLandmarks(this.#last.landmarks)] : [];
    this.#last = undefined;
    for (const view of [...views, viewOf(this.box)]) {
      const face = await followFace(this.networks, pyramid, view);
      if (!face || !belongs(face, this.box)) continue;
      this.#last = face;
      return { ...face, box: this.box };
    }
    return none;
  }
}

async function meshIn(
  networks: FaceNetworks,
  pyramid: Pyramid,
  view: View,
  precision: Precision,
): Promise<FoundFace | undefined> {
  const how = { precision, rounds: precision === 'fine' ? 2 : ROUNDS };
  const { landmarks, presence } = await refineMesh(networks.mesh, pyramid, view, how);
  if (!(presence >= 0.5)) return undefined;
  return { box: boxAround(landmarks), score: presence, roll: measureRoll(landmarks), landmarks };
}

function viewOf([x1, y1, x2, y2]: Box): View {
  const size = Math.max(x2 - x1, y2 - y1);
  return viewOfBox({ x: (x1 + x2) / 2, y: (y1 + y2) / 2, size, roll: 0 });
}

function belongs(face: FoundFace, box: Box): boolean {
  return sharedPart(face.box, box) >= LEAST_SHARED;
}
