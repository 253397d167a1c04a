/** The original's way with videos: S3FD on every frame at full size. */
import { measureRoll } from '../../contract';
import type { Network } from '../../ml/onnx/session';
import { intersectionOverUnion, type Box } from '../box';
import { viewOfBox, refineMesh } from '../facemesh';
import type { FoundFace } from '../find';
import type { FaceNetworks } from '../networks';
import { Pyramid } from '../view';
import { cropBoxOf, detectWithS3fd, type S3fdFace } from '../s3fd/detect';
import type { Picture } from '../../av/picture';
import type { ShotFrame } from './shots';
import type { FrameTracker, Tracked, TrackerOptions } from './tracker';

const ROUNDS = 8;

/**
 * The faces that S3FD finds, the one with the highest score first: its boxes as the original crops
 * them, with FaceMesh's landmarks, which it has none of.
 */
export async function findWithS3fd(
  network: Network,
  networks: FaceNetworks,
  picture: Picture,
): Promise<FoundFace[]> {
  const pyramid = new Pyramid(picture);
  const faces: FoundFace[] = [];
  for (const found of await detectWithS3fd(network, picture)) {
    faces.push(await withLandmarks(networks, pyramid, found));
  }
  return faces;
}

export class S3fdTracker implements FrameTracker {
  detections = 0;
  #shot = -1;
  #last: Box | undefined;

  /** @param isBestScore as the original: always the face with the highest score, wherever it is */
  constructor(
    private readonly network: Network,
    private readonly networks: FaceNetworks,
    private readonly options: TrackerOptions,
    private readonly isBestScore: boolean,
  ) {}

  async next(frame: ShotFrame): Promise<Tracked | undefined> {
    if (frame.shot !== this.#shot) this.#last = undefined;
    this.#shot = frame.shot;
    this.detections++;
    const found = await detectWithS3fd(this.network, frame.picture);
    if (found.length === 0) return undefined;
    const pyramid = new Pyramid(frame.picture);
    const last = this.#last;
    const followed = last && (this.isBestScore ? found[0] : bestOverlap(found, last));
    const face = followed
      ? await withLandmarks(this.networks, pyramid, followed)
      : await this.#choose(frame, found, pyramid);
    if (face) this.#last = face.box;
    return face;
  }

  async #choose(
    frame: ShotFrame,
    found: readonly S3fdFace[],
    pyramid: Pyramid,
  ): Promise<FoundFace | undefined> {
    const faces: FoundFace[] = [];
    for (const one of found) faces.push(await withLandmarks(this.networks, pyramid, one));
    faces.sort((a, b) => a.box[0] + a.box[2] - b.box[0] - b.box[2]);
    return faces[await this.options.choose(faces, frame)];
  }
}

/** The face that lies where the last one lay; nothing where none does. */
function bestOverlap(found: readonly S3fdFace[], last: Box): S3fdFace | undefined {
  const shares = found.map(({ box }) => intersectionOverUnion(box, last));
  const most = Math.max(...shares);
  return most > 0 ? found[shares.indexOf(most)] : undefined;
}

/** FaceMesh's landmarks in the box, however sure it is of them. */
async function withLandmarks(
  networks: FaceNetworks,
  pyramid: Pyramid,
  { box, score }: S3fdFace,
): Promise<FoundFace> {
  const [x1, y1, x2, y2] = box;
  const size = Math.max(x2 - x1, y2 - y1);
  const view = viewOfBox({ x: (x1 + x2) / 2, y: (y1 + y2) / 2, size, roll: 0 });
  const how = { precision: 'quick', rounds: ROUNDS } as const;
  const { landmarks } = await refineMesh(networks.mesh, pyramid, view, how);
  return { box: cropBoxOf(box), score, roll: measureRoll(landmarks), landmarks };
}
