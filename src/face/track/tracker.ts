/**
 * Follows one face through a video: the detector finds it once a shot, FaceMesh tracks it, and the
 * detector checks it every few frames.
 */
import { faceOfMesh, findFaces, planSearch, scoreInView, type FoundFace } from '../find';
import type { FaceNetworks } from '../networks';
import { Pyramid, type View } from '../view';
import type { ShotFrame } from './shots';
import { throwIfCancelled } from '../../contract';
import { centreOf, longSide } from '../box';
import { refineMesh, viewOfCandidate, viewOfLandmarks } from '../facemesh';

/** Frames between two checks of a tracked face. */
const CHECK_EVERY = 12;
/** A face of which FaceMesh is less sure, or that grows or shrinks by more, is checked at once. */
const UNSURE = 0.9;
const MOST_GROWTH = 1.3;

/**
 * Which of several faces is meant; called once a shot.
 * @param faces from left to right
 * @returns an index into `faces`; -1: none of them
 */
export type Choose = (faces: FoundFace[], frame: ShotFrame) => number | Promise<number>;

export interface TrackerOptions {
  /** 0…1 */
  minScore: number;
  choose: Choose;
  signal: AbortSignal;
}

/** Without landmarks where only the box is known. */
export type Tracked = Omit<FoundFace, 'landmarks'> & Partial<Pick<FoundFace, 'landmarks'>>;

/** Finds the face of each frame in turn. */
export interface FrameTracker {
  /** Frames on which the detector ran. */
  readonly detections: number;
  /** @returns the face, in pixels of the frame */
  next(frame: ShotFrame): Promise<Tracked | undefined>;
}

export class FaceTracker implements FrameTracker {
  detections = 0;
  readonly #search: FaceSearch;
  #shot = -1;
  /** The face in the last frame and in the one before, while it is tracked. */
  #last: FoundFace | undefined;
  #before: FoundFace | undefined;
  /** The chosen face of this shot where it was found last. */
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

  /** Runs the detector when a check is due or the face is odd. */
  async #isSure(pyramid: Pyramid, face: FoundFace): Promise<boolean> {
    const growth = longSide(face.box) / longSide(this.#last!.box);
    const isOdd = face.score < UNSURE || Math.max(growth, 1 / growth) > MOST_GROWTH;
    if (!isOdd && ++this.#unchecked < CHECK_EVERY) return true;
    this.detections++;
    this.#unchecked = 0;
    this.#certainty = await checkFace(this.networks, pyramid, face);
    return this.#certainty > 0;
  }

  async #find(pyramid: Pyramid, frame: ShotFrame): Promise<FoundFace | undefined> {
    this.detections++;
    const faces = await this.#search.search(pyramid, this.#chosen);
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
    // FaceMesh's score times the detector's.
    this.#certainty = found.score;
    const face = await followFace(this.networks, pyramid, viewOfLandmarks(found.landmarks));
    const closer = face && { landmarks: face.landmarks, attention: face.attention };
    return { ...found, ...closer, score: 1 };
  }
}

/** Index of the nearest face: distance in sizes of the known one, plus the difference in size. */
function nearestTo(known: FoundFace, faces: readonly FoundFace[]): number {
  const [x, y] = centreOf(known.box);
  const size = longSide(known.box);
  const distances = faces.map(({ box }) => {
    const [otherX, otherY] = centreOf(box);
    const distance = Math.hypot(otherX - x, otherY - y) / size;
    return distance + Math.abs(Math.log(longSide(box) / size));
  });
  return distances.indexOf(Math.min(...distances));
}

const MOST_ROUNDS = 4;
const SETTLED = 0.04;
/** How far the detector's box may be from the landmarks', as shares of the face's size. */
const AGREEMENT = { distance: 0.4, smaller: 0.5, larger: 1.8 } as const;
/** Sides of the views in which the detector checks a face, as multiples of its size. */
const CHECKING_VIEWS = [1.35, 3] as const;
const LEAST_CHECKED = 0.3;

/**
 * Tracks by the attention mesh alone, which converges on a face of which the view shows a part.
 * @param view where the face is expected
 * @returns nothing where FaceMesh sees no face; the score is its presence
 */
export async function followFace(
  networks: FaceNetworks,
  pyramid: Pyramid,
  view: View,
): Promise<FoundFace | undefined> {
  const how = { precision: 'fair', rounds: MOST_ROUNDS, settled: SETTLED } as const;
  return faceOfMesh(await refineMesh(networks.attention, pyramid, view, how));
}

/** The detector's score for a tracked face; 0 where it sees none of that place and size. */
async function checkFace(
  networks: FaceNetworks,
  pyramid: Pyramid,
  face: FoundFace,
): Promise<number> {
  const around = viewOfLandmarks(face.landmarks);
  for (const multiple of CHECKING_VIEWS) {
    const least = LEAST_CHECKED;
    const score = await scoreInView(networks, pyramid, around, multiple, least, AGREEMENT);
    if (score > 0) return score;
  }
  return 0;
}

/** Where the face is next if its motion stays the same. */
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

/** A glance at a frame finds faces of at least this share of its longer side. */
const GLANCE_SHARE = 1 / 7;
/** The view around the last place of a face, as a multiple of that of its landmarks. */
const NEARBY = 2;
/** Frames between two full searches that find nothing: doubled each time. */
const FIRST_WAIT = 6;
const MOST_WAIT = 250;
/** Frames without a search after one whose faces were of no use. */
const PAUSE = 12;
/** The detector's least score in the quick searches. */
const LEAST_CANDIDATE = 0.5;

/** Searches frames for faces: all views now and then, the largest in between. */
class FaceSearch {
  #wait = 0;
  #nextWait = FIRST_WAIT;
  #pause = 0;

  constructor(
    private readonly networks: FaceNetworks,
    private readonly options: TrackerOptions,
  ) {}

  /** Makes the next search a full one: in a new shot, or where a face was just lost. */
  restart(): void {
    this.#wait = 0;
    this.#nextWait = FIRST_WAIT;
    this.#pause = 0;
  }

  /** Called where none of the faces was the chosen one: the next frames show the same faces. */
  pause(): void {
    this.#pause = PAUSE;
  }

  /**
   * @param known the chosen face in its last place
   * @returns that face alone where it is still near, otherwise all, from left to right
   */
  async search(pyramid: Pyramid, known: FoundFace | undefined): Promise<FoundFace[]> {
    throwIfCancelled(this.options.signal);
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
    for (const candidate of candidates) {
      const face = await followFace(this.networks, pyramid, viewOfCandidate(candidate));
      if (!face) continue;
      const growth = longSide(face.box) / longSide(known.box);
      if (growth < 0.5 || growth > 2) continue;
      const score = face.score * (await checkFace(this.networks, pyramid, face));
      if (score >= this.options.minScore) return { ...face, score };
    }
    return undefined;
  }

  /** Whether the detector sees a face in one of the largest views of the frame. */
  async #glance(pyramid: Pyramid): Promise<boolean> {
    const { width, height } = pyramid.picture;
    const { leastShare } = this.networks;
    let seenDownTo = Infinity;
    for (const { size, views } of planSearch(width, height, leastShare)) {
      if (seenDownTo <= Math.max(width, height) * GLANCE_SHARE) return false;
      for (const view of views) {
        if ((await this.#detect(pyramid, view)).length > 0) return true;
      }
      seenDownTo = size * leastShare;
    }
    return false;
  }

  async #detect(pyramid: Pyramid, view: View) {
    const least = Math.max(LEAST_CANDIDATE, this.options.minScore);
    const found = await this.networks.detect(pyramid, view, least);
    return found.sort((a, b) => b.score - a.score);
  }
}
