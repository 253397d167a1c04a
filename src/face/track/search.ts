/** When to look for a face that is not being tracked, so that a video without one costs little. */
import { throwIfCancelled } from '../../contract';
import { viewOfBox, viewOfLandmarks } from '../facemesh';
import { findFaces, type FoundFace } from '../find';
import type { FaceNetworks } from '../networks';
import type { Pyramid } from '../pyramid';
import type { View } from '../view';
import { checkFace, followFace } from './follow';

/** So much larger than the frame is the view that shows it whole. */
const MARGIN = 1.35;
/** Around the place where the face was seen last, as a multiple of the view of its landmarks. */
const NEARBY = 2;
/** The waits between thorough searches in vain, in frames, double up to this. */
const FIRST_WAIT = 6;
const MOST_WAIT = 250;
/** Frames that are not looked at after a search that gave nothing of use, though there is something. */
const PAUSE = 12;
/** Candidates of the quick look need at least this score. */
const WORTH_A_SEARCH = 0.5;

export interface SearchOptions {
  minScore: number;
  signal?: AbortSignal;
}

/** Looks for faces, thoroughly now and then and quickly in between. */
export class FaceSearch {
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
    const size = Math.max(width, height) * MARGIN;
    const view = { x: width / 2, y: height / 2, size, roll: 0 };
    return (await this.#detect(pyramid, view)).length > 0;
  }

  async #detect(pyramid: Pyramid, view: View) {
    const least = Math.max(WORTH_A_SEARCH, this.options.minScore);
    const found = await this.networks.detector.detect(pyramid, view, least);
    return found.sort((a, b) => b.score - a.score);
  }
}
