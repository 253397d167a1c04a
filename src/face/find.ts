/** Finds all faces of a picture: the detector looks everywhere, FaceMesh confirms. */
import { measureRoll, throwIfCancelled } from '../contract';
import { boxAround, intersectionOverUnion, sharedPart, type Box } from './box';
import type { Candidate } from './candidate';
import { viewOfBox, viewOfLandmarks } from './facemesh';
import type { FaceNetworks } from './networks';
import { Pyramid } from './pyramid';
import { refineMesh } from './refine';
import { LEAST_SHARE, planSearch, type Level } from './search';
import { quickMesh, rightWayUp } from './upright';
import type { Picture } from '../av/picture';
import { toView, type View } from './view';

/** A face with its landmarks, in pixels of the picture. */
export interface FoundFace {
  /** Around the landmarks: from the forehead to the chin. */
  box: Box;
  /** 0…1: the detector's best score for it, times FaceMesh's own. */
  score: number;
  /** Degrees, clockwise. */
  roll: number;
  /** 468 × [x, y, z]; z in the same scale, smaller is nearer. */
  landmarks: [number, number, number][];
}

export interface FindOptions {
  /** 0…1 */
  minScore: number;
  signal?: AbortSignal;
  /** `done` of at most `total` views have been looked at; `total` stays the same. */
  onProgress?: (done: number, total: number) => void;
}

export interface Found {
  /** From left to right. */
  faces: FoundFace[];
  tried: SearchReport;
}

/** What was tried, for the sentence that says that there is no face. */
export interface SearchReport {
  views: number;
  /** Sides of the views in pixels, the largest first. */
  sizes: number[];
  /** Degrees */
  rolls: number[];
  /** The best score that was seen, also below the least. */
  bestScore: number;
}

/** Candidates below this are not worth a second look. */
const WORTH_A_LOOK = 0.3;
/** Turns that are tried one after the other, until one shows a face. */
const ROLLS = [0, -45, 45] as const;
/** Turned copies are for pictures that puzzle the detector: a few large views must do. */
const MOST_TURNED_VIEWS = 40;
/** Faces smaller than this share of the largest are background, and not looked for. */
const BACKGROUND_SHARE = 1 / 5;
/** The most candidates that are confirmed, the best first; it bounds the time. */
const MOST_CANDIDATES = 100;
/** Boxes that share so much of the smaller one show the same face. */
const SAME_FACE = 0.4;
/** Boxes that overlap so much are one answer, found twice. */
const SAME_BOX = 0.8;

/**
 * All faces that are large enough: at least about 40 pixels, and a fifth of the largest one.
 * @throws E_CANCELLED
 */
export async function findFaces(
  picture: Picture,
  networks: FaceNetworks,
  options: FindOptions,
): Promise<Found> {
  const tried: SearchReport = { views: 0, sizes: [], rolls: [], bestScore: 0 };
  const search = { pyramid: new Pyramid(picture), networks, options, tried };
  const plan = ROLLS.map((roll) => ({ roll, levels: levelsFor(picture, roll) }));
  const total = plan.flatMap(({ levels }) => levels.flatMap(({ views }) => views)).length;
  for (const { roll, levels } of plan) {
    tried.rolls.push(roll);
    if (roll === 0) tried.sizes = levels.map(({ size }) => Math.round(size));
    const faces = await searchLevels(search, levels, total);
    if (faces.length > 0) return { faces: faces.sort(byPlace), tried };
  }
  return { faces: [], tried };
}

/** What every step of a search needs. */
interface Search {
  pyramid: Pyramid;
  networks: FaceNetworks;
  options: FindOptions;
  tried: SearchReport;
}

function levelsFor({ width, height }: Picture, roll: number): Level[] {
  const levels = planSearch(width, height, (roll * Math.PI) / 180);
  if (roll === 0) return levels;
  return levels.filter(({ views }) => views.length <= MOST_TURNED_VIEWS);
}

/** From large views to small ones, until what they would show is background. */
async function searchLevels(search: Search, levels: Level[], total: number): Promise<FoundFace[]> {
  let faces: FoundFace[] = [];
  let seenDownTo = Infinity;
  for (const level of levels) {
    const largest = Math.max(0, ...faces.map(sizeOf));
    if (seenDownTo < largest * BACKGROUND_SHARE) break;
    const candidates = await scan(search, level, total);
    faces = await confirm(search, candidates, faces);
    seenDownTo = level.size * LEAST_SHARE;
  }
  const largest = Math.max(0, ...faces.map(sizeOf));
  return faces.filter((face) => sizeOf(face) >= largest * BACKGROUND_SHARE);
}

/** What the detector sees in the views of one level. */
async function scan(search: Search, { views }: Level, total: number): Promise<Candidate[]> {
  const { pyramid, networks, tried } = search;
  const { minScore, signal, onProgress } = search.options;
  const found: Candidate[] = [];
  for (const view of views) {
    if (signal) throwIfCancelled(signal);
    const least = Math.min(minScore, WORTH_A_LOOK);
    const candidates = await networks.detector.detect(pyramid, view, least);
    found.push(...candidates.filter((candidate) => isWhole(candidate, view, pyramid.picture)));
    tried.views++;
    onProgress?.(tried.views, total);
  }
  return found;
}

/** False where the view's border cuts the face: another view shows it whole. */
function isWhole({ x, y, size }: Candidate, view: View, { width, height }: Picture): boolean {
  if (view.size > Math.max(width, height)) return true;
  const [u, v] = toView(view, x, y);
  const half = size / view.size / 2;
  return Math.min(u, v) - half > 0 && Math.max(u, v) + half < 1;
}

/** The faces known so far, and one for each candidate that FaceMesh also takes for a face. */
async function confirm(
  search: Search,
  candidates: Candidate[],
  known: readonly FoundFace[],
): Promise<FoundFace[]> {
  const { pyramid, networks, tried } = search;
  const { minScore, signal } = search.options;
  const faces = [...known];
  for (const candidate of withoutRepeats(candidates).slice(0, MOST_CANDIDATES)) {
    if (signal) throwIfCancelled(signal);
    const mesh = await quickMesh(networks, pyramid, viewOfBox(candidate));
    const isKnown = ({ box }: FoundFace) =>
      intersectionOverUnion(box, boxAround(mesh.landmarks)) > SAME_BOX;
    if (faces.some(isKnown)) continue;
    const { landmarks, score } = await rightWayUp(networks, pyramid, mesh);
    const box = boxAround(landmarks);
    const twin = faces.findIndex((face) => sharedPart(face.box, box) > SAME_FACE);
    tried.bestScore = Math.max(tried.bestScore, score);
    if (score < minScore) continue;
    const face = await steady(search, landmarks, score);
    if (twin < 0) faces.push(face);
    else if (score > faces[twin].score) faces[twin] = face;
  }
  return faces;
}

/** The face with landmarks that are good enough to compare and to show. */
async function steady(
  { pyramid, networks }: Search,
  known: FoundFace['landmarks'],
  score: number,
): Promise<FoundFace> {
  const view = viewOfLandmarks(known);
  const how = { precision: 'steady', rounds: 3 } as const;
  const { landmarks } = await refineMesh(networks.mesh, pyramid, view, how);
  return { box: boxAround(landmarks), score, roll: measureRoll(landmarks), landmarks };
}

/** The best of the candidates that lie on one another, the best first. */
function withoutRepeats(candidates: Candidate[]): Candidate[] {
  const kept: Candidate[] = [];
  for (const candidate of [...candidates].sort((a, b) => b.score - a.score)) {
    const box = squareOf(candidate);
    if (kept.every((other) => sharedPart(squareOf(other), box) < SAME_FACE)) {
      kept.push(candidate);
    }
  }
  return kept;
}

function squareOf({ x, y, size }: Candidate): Box {
  return [x - size / 2, y - size / 2, x + size / 2, y + size / 2];
}

function sizeOf({ box: [x1, y1, x2, y2] }: FoundFace): number {
  return Math.max(x2 - x1, y2 - y1);
}

function byPlace(a: FoundFace, b: FoundFace): number {
  return a.box[0] + a.box[2] - (b.box[0] + b.box[2]) || a.box[1] - b.box[1];
}
