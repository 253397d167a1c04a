/** Landmarks of one frame out of a sequence: a rendered frame, or a video's. */
import { detectInView } from './blazeface';
import { meshInView, viewOfBox, viewOfLandmarks } from './facemesh';
import type { FaceNetworks } from './networks';
import { Pyramid } from './pyramid';
import type { Picture, View } from './view';

/** A face with its landmarks, in pixels of the picture. */
export interface FoundFace {
  /** x1, y1, x2, y2 around the landmarks. */
  box: [number, number, number, number];
  /** 0…1 */
  score: number;
  /** 468 × [x, y, z]; z in the same scale, smaller is nearer. */
  landmarks: [number, number, number][];
}

const LEAST_SCORE = 0.4;
const ROUNDS = 3;

/**
 * @param picture RGB, 8 bit
 * @param previous the face in the frame before; then the detector is not needed
 * @returns the largest face, or nothing where there is none
 */
export async function landmarksOfFrame(
  picture: Picture,
  networks: FaceNetworks,
  previous?: Pick<FoundFace, 'landmarks'>,
): Promise<FoundFace | undefined> {
  const pyramid = new Pyramid(picture);
  let view = previous ? viewOfLandmarks(previous.landmarks) : await firstView(pyramid, networks);
  if (!view) return undefined;
  let mesh = await meshInView(networks.mesh, pyramid, view);
  for (let round = previous ? 1 : 0; round < ROUNDS; round++) {
    view = viewOfLandmarks(mesh.landmarks);
    mesh = await meshInView(networks.mesh, pyramid, view);
  }
  if (mesh.presence < LEAST_SCORE) return undefined;
  const xs = mesh.landmarks.map(([x]) => x);
  const ys = mesh.landmarks.map(([, y]) => y);
  return {
    box: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)],
    score: mesh.presence,
    landmarks: mesh.landmarks,
  };
}

async function firstView(pyramid: Pyramid, networks: FaceNetworks): Promise<View | undefined> {
  const { width, height } = pyramid.picture;
  const side = Math.max(width, height);
  const all = await Promise.all(
    [1.3, 1, 0.7].map((scale) => {
      const view = { x: width / 2, y: height / 2, size: side * scale, roll: 0 };
      return detectInView(networks.detector, pyramid, view, LEAST_SCORE);
    }),
  );
  const [best] = all.flat().sort((a, b) => b.size - a.size);
  return best && viewOfBox(best);
}
