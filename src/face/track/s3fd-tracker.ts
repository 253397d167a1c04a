/** S3FD on every frame at full size, as the original uses it on videos. */
import { measureRoll } from '../../contract';
import type { Network } from '../../ml/onnx/session';
import { intersectionOverUnion, type Box } from '../box';
import { refineMesh, viewOfBox, viewOfLandmarks } from '../facemesh';
import type { FoundFace } from '../find';
import type { FaceNetworks } from '../networks';
import { Pyramid } from '../view';
import { cropBoxOf, detectWithS3fd, type S3fdFace } from '../s3fd/detect';
import type { Picture } from '../../av/picture';
import type { ShotFrame } from './shots';
import type { FrameTracker, TrackerOptions } from './tracker';

const ROUNDS = 8;

/**
 * The faces that S3FD finds, from left to right: its boxes as the original crops them, with
 * FaceMesh's landmarks.
 */
export async function findWithS3fd(
  network: Network,
  networks: FaceNetworks,
  picture: Picture,
): Promise<FoundFace[]> {
  return withLandmarks(networks, picture, await detectWithS3fd(network, picture));
}

export class S3fdTracker implements FrameTracker {
  detections = 0;
  #shot = -1;
  #last: Box | undefined;

  /** @param isBestScore as the original: the highest score in every frame, wherever it is */
  constructor(
    private readonly network: Network,
    private readonly networks: FaceNetworks,
    private readonly options: TrackerOptions,
    private readonly isBestScore: boolean,
  ) {}

  async next(frame: ShotFrame): Promise<FoundFace | undefined> {
    if (frame.shot !== this.#shot) this.#last = undefined;
    this.#shot = frame.shot;
    this.detections++;
    const found = await detectWithS3fd(this.network, frame.picture);
    if (found.length === 0) return undefined;
    const followed = this.#last && (this.isBestScore ? found[0] : bestOverlap(found, this.#last));
    const faces = await withLandmarks(this.networks, frame.picture, followed ? [followed] : found);
    const face = faces[followed ? 0 : await this.options.choose(faces, frame)];
    if (!face) return undefined;
    this.#last = face.box;
    const pyramid = new Pyramid(frame.picture);
    const how = { precision: 'quick', rounds: 1 } as const;
    const view = viewOfLandmarks(face.landmarks);
    const attention = await refineMesh(this.networks.attention, pyramid, view, how);
    return { ...face, landmarks: attention.landmarks, attention };
  }
}

/** The face that overlaps the last one most. */
function bestOverlap(found: readonly S3fdFace[], last: Box): S3fdFace | undefined {
  const shares = found.map(({ box }) => intersectionOverUnion(box, last));
  const most = Math.max(...shares);
  return most > 0 ? found[shares.indexOf(most)] : undefined;
}

/** From left to right, with FaceMesh's landmarks whatever their presence. */
async function withLandmarks(
  networks: FaceNetworks,
  picture: Picture,
  found: readonly S3fdFace[],
): Promise<FoundFace[]> {
  const pyramid = new Pyramid(picture);
  const faces: FoundFace[] = [];
  for (const { box, score } of found) {
    const how = { precision: 'quick', rounds: ROUNDS } as const;
    const { landmarks } = await refineMesh(networks.mesh, pyramid, viewOfBox(box), how);
    faces.push({ box: cropBoxOf(box), score, roll: measureRoll(landmarks), landmarks });
  }
  return faces.sort((a, b) => a.box[0] + a.box[2] - b.box[0] - b.box[2]);
}
