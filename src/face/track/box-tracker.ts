/** Landmarks inside a box that the user gave. */
import { sharedPart, type Box } from '../box';
import { LEAST_PRESENCE, refineMesh, viewOfBox, viewOfLandmarks } from '../facemesh';
import { faceOfMesh, lookCloser, type FoundFace } from '../find';
import type { FaceNetworks } from '../networks';
import { Pyramid } from '../view';
import type { Picture } from '../../av/picture';
import { followFace, type FrameTracker, type Tracked } from './tracker';
import type { ShotFrame } from './shots';

/** Least share that the box and the box around the landmarks have in common. */
const LEAST_SHARED = 0.5;
const ROUNDS = 8;

/**
 * The face in a box of a still picture, with precise landmarks.
 * @returns the box without landmarks where FaceMesh sees no face in it
 */
export async function faceInBox(
  picture: Picture,
  networks: FaceNetworks,
  box: Box,
): Promise<Tracked> {
  const pyramid = new Pyramid(picture);
  const how = { precision: 'quick', rounds: ROUNDS } as const;
  const { landmarks, presence } = await refineMesh(networks.mesh, pyramid, viewOfBox(box), how);
  const rough = presence >= LEAST_PRESENCE ? { landmarks } : undefined;
  const closer = rough && (await lookCloser(pyramid, networks, rough));
  const face = closer && faceOfMesh(closer.attention);
  if (!face || !belongs(face, box)) return { box, score: 0, roll: 0 };
  return { ...face, ...closer, box };
}

/** The same box for every frame, with the landmarks of the face in it. */
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
    for (const view of [...views, viewOfBox(this.box)]) {
      const face = await followFace(this.networks, pyramid, view);
      if (!face || !belongs(face, this.box)) continue;
      this.#last = face;
      return { ...face, box: this.box };
    }
    return none;
  }
}

function belongs(face: FoundFace, box: Box): boolean {
  return sharedPart(face.box, box) >= LEAST_SHARED;
}
