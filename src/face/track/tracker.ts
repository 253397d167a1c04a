/**
 * Follows one face through a video: found by the detector once a shot, then tracked by FaceMesh, and
 * checked by the detector now and then.
 */
import { type FoundFace, findFaces } from '../find';
import type { FaceNetworks } from '../networks';
import { Pyramid, type View } from '../view';
import type { ShotFrame } from './shots';
import { measureRoll, throwIfCancelled } from '../../contract';
import { boxAround } from '../box';
import { viewOfLandmarks, refineMesh, viewOfBox } from '../facemesh';

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
async function checkFace(
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
function expectedView(last: FoundFace, before: FoundFace | undefined): View {
  const view = viewOfLandmarks(last.landmarks);
  if (!before) return view;
  const previous = viewOfLandmarks(before.landmarks);
  return { ...view, x: 2 * view.x - previous.x, y: 2 * view.y - previous.y };
}

/** Whether the middle of a face lies in the picture. */
function isInside({ landmarks }: FoundFace, width: number, height: number): boolean {
  const { x, y } = viewOfLandmarks(landmarks);
  return x >= 0 && y >= 0 && x <= width && y <= height;
}

/** So much larger than the frame is the view that shows it whole. */
const WHOLE_MARGIN = 1.35;
/** Around the place where the face was seen last, as a multiple of the view of its landmarks. */
const NEARBY = 2;
/** The waits between thorough searches in vain, in frames, double up to this. */
const FIRST_WAIT = 6;
const MOST_WAIT = 250;
/** Frames that are not looked at after a search that gave nothing of use, though there is something. */
const PAUSE = 12;
/** Candidates of the quick look need at least this score. */
const WORTH_A_SEARCH = 0.5;

interface SearchOptions {
  minScore: number;
  signal?: AbortSignal;
}

/** Looks for faces, thoroughly now and then and quickly in between. */
class FaceSearch {
  #wait = 0;
  #nextWait = FIRST_WAIT;
  #pause = 0;

  constructor(
    private readonly networks: FaceNetworks,
    private readonly options: SearchOptions,
  ) {}

  /** The next look is a thorough one: a new shot, or a face that was there a frame ago. */
  restart(): void {
    this.#wait = 0;
    this.#nextWait = FIRST_WAIT;
    this.#pause = 0;
  }

  /** None of the faces found was the one that is meant: the next frames show the same. */
  pause(): void {
    this.#pause = PAUSE;
  }

  /**
   * The faces of a frame.
   * @param known the face that is looked for, where it was last
   * @returns that face alone where it is still nearby; otherwise all, from left to right
   */
  async look(pyramid: Pyramid, known: FoundFace | undefined): Promise<FoundFace[]> {
    const { signal } = this.options;
    if (signal) throwIfCancelled(signal);
    const near = known && (await this.#nearby(pyramid, known));
    if (near) return [near];
    if (this.#pause > 0) {
      this.#pause--;
      return [];
    }
    const isGlance = this.#wait > 0;
    if (isGlance) {
      this.#wait--;
      if (!(await this.#glance(pyramid))) return [];
    }
    const { faces } = await findFaces(pyramid.picture, this.networks, this.options);
    if (isGlance && faces.length === 0) this.pause();
    this.#wait = this.#nextWait;
    this.#nextWait = Math.min(MOST_WAIT, 2 * this.#nextWait);
    return faces;
  }

  /** A face of about the same size near the place. */
  async #nearby(pyramid: Pyramid, known: FoundFace): Promise<FoundFace | undefined> {
    const around = viewOfLandmarks(known.landmarks);
    const view = { ...around, size: around.size * NEARBY };
    const candidates = await this.#detect(pyramid, view);
    const size = Math.max(known.box[2] - known.box[0], known.box[3] - known.box[1]);
    for (const candidate of candidates) {
      const face = await followFace(this.networks, pyramid, viewOfBox(candidate));
      if (!face) continue;
      const share = Math.max(face.box[2] - face.box[0], face.box[3] - face.box[1]) / size;
      if (share < 0.5 || share > 2) continue;
      const score = face.score * (await checkFace(this.networks, pyramid, face));
      if (score >= this.options.minScore) return { ...face, score };
    }
    return undefined;
  }

  /** Whether the detector sees anything in the whole frame at once. */
  async #glance(pyramid: Pyramid): Promise<boolean> {
    const { width, height } = pyramid.picture;
    const size = Math.max(width, height) * WHOLE_MARGIN;
    const view = { x: width / 2, y: height / 2, size, roll: 0 };
    return (await this.#detect(pyramid, view)).length > 0;
  }

  async #detect(pyramid: Pyramid, view: View) {
    const least = Math.max(WORTH_A_SEARCH, this.options.minScore);
    const found = await this.networks.detector.detect(pyramid, view, least);
    return found.sort((a, b) => b.score - a.score);
  }
}
