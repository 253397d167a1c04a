/** How sure it is that landmarks are those of a face, and which way up that face is. */
import type { Candidate } from './candidate';
import { viewOfLandmarks, type Mesh } from './facemesh';
import type { FaceNetworks } from './networks';
import type { Pyramid } from './pyramid';
import { refineMesh } from './refine';
import type { View } from './view';

/** Landmarks with a score, 0…1: the detector's best for them, times FaceMesh's own. */
export interface RatedMesh {
  landmarks: Mesh['landmarks'];
  score: number;
  /** The same with the mean of the detector's scores, which tells better which way is up. */
  certainty: number;
}

const MOST_ROUNDS = 8;
/** Views around a face, as multiples of its size, in which the detector gives its score. */
const SCORE_VIEWS = [1.35, 3, 4.5] as const;
/** How far the detector's box may be from the landmarks', as shares of the face's size. */
const AGREEMENT = { distance: 0.3, smaller: 0.6, larger: 1.6 } as const;
/** Below this, turning it over does not make a face of it. */
const LEAST_TO_TURN = 0.3;
/** The other way up has to be better by this. On portraits the right way leads by 0.1 to 0.3. */
const LEAD = 0.03;

/** Landmarks of the face in a view, precise enough to compare faces. */
export function quickMesh(networks: FaceNetworks, pyramid: Pyramid, view: View): Promise<Mesh> {
  return refineMesh(networks.mesh, pyramid, view, { precision: 'quick', rounds: MOST_ROUNDS });
}

/**
 * These landmarks, or those of the same face turned by 180° where that fits better. Both networks
 * take a face on its head for an upright one (a chin for a forehead), but are less sure of it.
 */
export async function rightWayUp(
  networks: FaceNetworks,
  pyramid: Pyramid,
  mesh: Mesh,
): Promise<RatedMesh> {
  const asFound = await rate(networks, pyramid, mesh);
  if (asFound.score < LEAST_TO_TURN) return asFound;
  const view = viewOfLandmarks(mesh.landmarks);
  const turned = await quickMesh(networks, pyramid, { ...view, roll: view.roll + Math.PI });
  const turnedOver = await rate(networks, pyramid, turned);
  return turnedOver.certainty > asFound.certainty + LEAD ? turnedOver : asFound;
}

async function rate(
  networks: FaceNetworks,
  pyramid: Pyramid,
  { landmarks, presence }: Mesh,
): Promise<RatedMesh> {
  const scores = await detectorScores(networks, pyramid, viewOfLandmarks(landmarks));
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  return { landmarks, score: presence * Math.max(...scores), certainty: presence * mean };
}

/** The detector's score for a face in views made for it: upright, centred, of several sizes. */
async function detectorScores(
  { detector }: FaceNetworks,
  pyramid: Pyramid,
  around: View,
): Promise<number[]> {
  const side = around.size / 1.5;
  const agrees = ({ x, y, size }: Candidate) =>
    Math.hypot(x - around.x, y - around.y) <= AGREEMENT.distance * side &&
    size >= AGREEMENT.smaller * side &&
    size <= AGREEMENT.larger * side;
  const scores: number[] = [];
  for (const multiple of SCORE_VIEWS) {
    const view = { ...around, size: side * multiple };
    const candidates = await detector.detect(pyramid, view, 0.01);
    scores.push(Math.max(0, ...candidates.filter(agrees).map(({ score }) => score)));
  }
  return scores;
}
