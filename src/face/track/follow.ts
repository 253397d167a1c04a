/** One step of tracking: the face of the last frame, found again in the next one. */
import { measureRoll } from '../../contract';
import { boxAround } from '../box';
import { viewOfLandmarks } from '../facemesh';
import type { FoundFace } from '../find';
import type { FaceNetworks } from '../networks';
import type { Pyramid } from '../pyramid';
import { refineMesh } from '../refine';
import type { View } from '../view';

/** Below this FaceMesh itself says that there is no face. */
const LEAST_PRESENCE = 0.5;
/** A face that moved far is found in a few looks, one that hardly moved in one. */
const MOST_ROUNDS = 4;
const SETTLED = 0.04;
/** How far the detector's box may be from the landmarks', as shares of the face's size. */
const AGREEMENT = { distance: 0.4, smaller: 0.5, larger: 1.8 } as const;
/** The view is this much larger than the face; see ./facemesh. */
const MARGIN = 1.5;
/** The views in which the detector is asked whether it is still a face, as multiples of its size. */
const CHECKING_VIEWS = [1.35, 3] as const;
const LEAST_CHECKED = 0.3;

/**
 * FaceMesh run where the face was is a tracker: it finds its way to a face that its view shows a
 * part of.
 * @param view where the face is expected
 * @returns nothing where FaceMesh sees no face; the score is FaceMesh's own
 */
export async function followFace(
  networks: FaceNetworks,
  pyramid: Pyramid,
  view: View,
): Promise<FoundFace | undefined> {
  const rough = { precision: 'quick', rounds: MOST_ROUNDS, settled: SETTLED } as const;
  const first = await refineMesh(networks.mesh, pyramid, view, rough);
  if (!(first.presence >= LEAST_PRESENCE)) return undefined;
  const settled = viewOfLandmarks(first.landmarks);
  const better = { precision: 'fair', rounds: 1 } as const;
  const { landmarks, presence } = await refineMesh(networks.mesh, pyramid, settled, better);
  if (!(presence >= LEAST_PRESENCE)) return undefined;
  return { box: boxAround(landmarks), score: presence, roll: measureRoll(landmarks), landmarks };
}

/** The detector's score for a face that is being tracked: 0 where it sees none of that place and size. */
export async function checkFace(
  networks: FaceNetworks,
  pyramid: Pyramid,
  face: FoundFace,
): Promise<number> {
  const around = viewOfLandmarks(face.landmarks);
  const side = around.size / MARGIN;
  for (const multiple of CHECKING_VIEWS) {
    const view = { ...around, size: side * multiple };
    const candidates = await networks.detector.detect(pyramid, view, LEAST_CHECKED);
    const agreeing = candidates.filter(({ x, y, size }) => {
      const distance = Math.hypot(x - around.x, y - around.y);
      const share = size / side;
      return (
        distance <= AGREEMENT.distance * side &&
        share >= AGREEMENT.smaller &&
        share <= AGREEMENT.larger
      );
    });
    if (agreeing.length > 0) return Math.max(...agreeing.map(({ score }) => score));
  }
  return 0;
}

/** Where the face is expected next, if it goes on moving as it did. */
export function expectedView(last: FoundFace, before: FoundFace | undefined): View {
  const view = viewOfLandmarks(last.landmarks);
  if (!before) return view;
  const previous = viewOfLandmarks(before.landmarks);
  return { ...view, x: 2 * view.x - previous.x, y: 2 * view.y - previous.y };
}

/** Whether the middle of a face lies in the picture. */
export function isInside({ landmarks }: FoundFace, width: number, height: number): boolean {
  const { x, y } = viewOfLandmarks(landmarks);
  return x >= 0 && y >= 0 && x <= width && y <= height;
}
