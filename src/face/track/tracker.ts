/**
 * Follows one face through a video: found by the detector once a shot, then tracked by FaceMesh, and
 * checked by the detector now and then.
 */
import type { FoundFace } from '../find';
import type { FaceNetworks } from '../networks';
import { Pyramid } from '../pyramid';
import { checkFace, expectedView, followFace, isInside } from './follow';
import { FaceSearch } from './search';
import type { ShotFrame } from './shots';

/** Frames between two looks of the detector at a face that is tracked. */
const CHECK_EVERY = 12;
/** FaceMesh less sure than this, or a face that changes its size by so much, is checked at once. */
const UNSURE = 0.9;
const MOST_GROWTH = 1.3;

/**
 * Which of several faces is meant; called once a shot.
 * @returns an index into `faces`, which stand from left to right; -1: none of them
 */
export type Choose = (faces: FoundFace[], frame: ShotFrame) => number | Promise<number>;

export interface TrackerOptions {
  /** 0…1 */
  minScore: number;
  choose: Choose;
  signal?: AbortSignal;
}

/** A face of a frame; without landmarks where only its box is known. */
export type Tracked = Omit<FoundFace, 'landmarks'> & Partial<Pick<FoundFace, 'landmarks'>>;

/** Finds the face of each frame in turn. */
export interface FrameTracker {
  /** Looks of the detector at frames so far. */
  readonly detections: number;
  /** @returns the face, in pixels of the frame, or nothing where there is none */
  next(frame: ShotFrame): Promise<Tracked | undefined>;
}

export class FaceTracker implements FrameTracker {
  detections = 0;
  readonly #search: FaceSearch;
  #shot = -1;
  /** The face in the last frame and in the one before, while it is being tracked. */
  #last: FoundFace | undefined;
  #before: FoundFace | undefined;
  /** Where the chosen face of this shot was seen last. */
  #chosen: FoundFace | undefined;
  /** The detector's last score for it, and the frames since. */
  #certainty = 0;
  #unchecked = 0;

  constructor(
    private readonly networks: FaceNetworks,
    private readonly options: TrackerOptions,
  ) {
    this.#search = new FaceSearch(networks, options);
  }

  async next(frame: ShotFrame): Promise<FoundFace | undefined> {
    if (frame.shot !== this.#shot) {
      this.#shot = frame.shot;
      this.#chosen = undefined;
      this.#lose();
    }
    if (frame.isFlat) {
      this.#lose();
      return undefined;
    }
    const pyramid = new Pyramid(frame.picture);
    const face = (await this.#track(pyramid)) ?? (await this.#find(pyramid, frame));
    this.#before = face && this.#last;
    this.#last = face;
    if (face) this.#chosen = face;
    return face && { ...face, score: face.score * this.#certainty };
  }

  #lose(): void {
    this.#last = this.#before = undefined;
    this.#search.restart();
  }

  async #track(pyramid: Pyramid): Promise<FoundFace | undefined> {
    if (!this.#last) return undefined;
    const { width, height } = pyramid.picture;
    const view = expectedView(this.#last, this.#before);
    const face = await followFace(this.networks, pyramid, view);
    if (face && isInside(face, width, height) && (await this.#isSure(pyramid, face))) return face;
    this.#lose();
    return undefined;
  }

  /** Asks the detector where it is time to, or where something is odd. */
  async #isSure(pyramid: Pyramid, face: FoundFace): Promise<boolean> {
    const growth = sizeOf(face) / sizeOf(this.#last as FoundFace);
    const isOdd = face.score < UNSURE || Math.max(growth, 1 / growth) > MOST_GROWTH;
    if (!isOdd && ++this.#unchecked < CHECK_EVERY) return true;
    this.detections++;
    this.#unchecked = 0;
    this.#certainty = await checkFace(this.networks, pyramid, face);
    return this.#certainty > 0;
  }

  async #find(pyramid: Pyramid, frame: ShotFrame): Promise<FoundFace | undefined> {
    this.detections++;
    const faces = await this.#search.look(pyramid, this.#chosen);
    if (faces.length === 0) return undefined;
    const index = this.#chosen
      ? nearestTo(this.#chosen, faces)
      : await this.options.choose(faces, frame);
    const found = faces[index];
    if (!found) {
      this.#search.pause();
      return undefined;
    }
    this.#search.restart();
    this.#unchecked = 0;
    // What the search gives as score is FaceMesh's times the detector's; kept as the latter.
    this.#certainty = found.score;
    return { ...found, score: 1 };
  }
}

function sizeOf({ box: [x1, y1, x2, y2] }: FoundFace): number {
  return Math.max(x2 - x1, y2 - y1);
}

/** The face that is nearest to a place, in its own sizes; a face of another size is farther. */
function nearestTo(known: FoundFace, faces: readonly FoundFace[]): number {
  const middle = ({ box: [x1, y1, x2, y2] }: FoundFace) => [(x1 + x2) / 2, (y1 + y2) / 2] as const;
  const [x, y] = middle(known);
  const distances = faces.map((face) => {
    const [otherX, otherY] = middle(face);
    const far = Math.hypot(otherX - x, otherY - y) / sizeOf(known);
    return far + Math.abs(Math.log(sizeOf(face) / sizeOf(known)));
  });
  return distances.indexOf(Math.min(...distances));
}
