/** Finds all faces of a picture: the detector looks everywhere, FaceMesh confirms. */
import { measureRoll, throwIfCancelled } from '../contract';
import { boxAround, intersectionOverUnion, sharedPart, type Box, type Candidate } from './box';
import { viewOfBox, refineMesh, viewOfLandmarks, type Mesh, type Precision } from './facemesh';
import type { FaceNetworks } from './networks';
import { Pyramid, toView, type View } from './view';
import type { Picture } from '../av/picture';

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

interface FindOptions {
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

/**
 * Where to look for faces. BlazeFace sees faces from about 1/12 of its view up to nearly all of it,
 * at any roll; a picture is therefore looked at whole, then in overlapping squares about a
 * third of the size, and so on until a face of 40 pixels is large enough.
 */

/** Side of the smallest squares: a face of 40 pixels is a twelfth of it. */
const SMALLEST_SQUARE = 480;
/** A twelfth of a square is the least face seen in it. */
export const LEAST_SHARE = 1 / 12;
/** So much larger than the picture is the first view, so that a face that fills it has a margin. */
const MARGIN = 1.35;
/** From one level to the next, views shrink at most so much. */
const MOST_STEP = 3;
/** Neighbouring squares share this much, so that no face that counts is cut by all of them. */
const OVERLAP = 0.3;
/** Squares reach over the picture's border by this share, so that faces there are not cut twice. */
const OVERHANG = 0.08;
/** Very large pictures: no more than this many squares along the long side, to bound the time. */
const MOST_SQUARES = 16;

/** Views of one size. */
interface Level {
  /** Side of the views in pixels of the picture. */
  size: number;
  views: View[];
}

/** The levels for a picture, the largest views first, turned by `roll` radians. */
export function planSearch(width: number, height: number, roll = 0): Level[] {
  const long = Math.max(width, height);
  const smallest = Math.max(SMALLEST_SQUARE, long / MOST_SQUARES);
  const whole = long * MARGIN;
  const levels = [{ size: whole, views: [{ x: width / 2, y: height / 2, size: whole, roll }] }];
  // Even steps of at most MOST_STEP that end at the smallest size.
  const steps = Math.ceil(Math.log(whole / smallest) / Math.log(MOST_STEP));
  for (let step = 1; step <= steps; step++) {
    const size = whole * (smallest / whole) ** (step / steps);
    levels.push({ size, views: grid(width, height, size, roll) });
  }
  return levels;
}

function grid(width: number, height: number, size: number, roll: number): View[] {
  const centres = (length: number): number[] => {
    const reach = length + 2 * OVERHANG * size;
    if (reach <= size) return [length / 2];
    const count = Math.ceil((reach - size) / (size * (1 - OVERLAP))) + 1;
    const first = size / 2 - OVERHANG * size;
    const step = (reach - size) / (count - 1);
    return Array.from({ length: count }, (_, index) => first + step * index);
  };
  return centres(height).flatMap((y) => centres(width).map((x) => ({ x, y, size, roll })));
}

/** Landmarks with a score, 0…1: the detector's best for them, times FaceMesh's own. */
interface RatedMesh {
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
function quickMesh(networks: FaceNetworks, pyramid: Pyramid, view: View): Promise<Mesh> {
  return refineMesh(networks.mesh, pyramid, view, { precision: 'quick', rounds: MOST_ROUNDS });
}

/**
 * These landmarks, or those of the same face turned by 180° where that fits better. Both networks
 * take a face on its head for an upright one (a chin for a forehead), but are less sure of it.
 */
async function rightWayUp(
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

/** Below this FaceMesh itself says that there is no face. */
const LEAST_PRESENCE = 0.5;

/** The same face with its landmarks as precise as they get; for still pictures. */
export async function withFineLandmarks(
  picture: Picture,
  networks: FaceNetworks,
  face: FoundFace,
): Promise<FoundFace> {
  const found = await follow(new Pyramid(picture), networks, face, 'fine');
  return found ? { ...found, score: face.score } : face;
}

/**
 * The largest face of a frame. With the face of the frame before it, only its surroundings are
 * looked at, which takes a tenth of the time.
 * @param picture RGB, 8 bit
 * @param precision `quick` for previews, `steady` for measuring, `fine` for stills
 * @returns nothing where there is no face
 */
export async function landmarksOfFrame(
  picture: Picture,
  networks: FaceNetworks,
  previous?: Pick<FoundFace, 'landmarks'>,
  precision: Precision = 'steady',
): Promise<FoundFace | undefined> {
  const pyramid = new Pyramid(picture);
  if (previous) return follow(pyramid, networks, previous, precision);
  const { faces } = await findFaces(picture, networks, { minScore: 0.5 });
  const [largest] = faces.sort((a, b) => b.box[2] - b.box[0] - (a.box[2] - a.box[0]));
  return largest && follow(pyramid, networks, largest, precision);
}

async function follow(
  pyramid: Pyramid,
  networks: FaceNetworks,
  known: Pick<FoundFace, 'landmarks'>,
  precision: Precision,
): Promise<FoundFace | undefined> {
  const view = viewOfLandmarks(known.landmarks);
  const mesh = await refineMesh(networks.mesh, pyramid, view, { precision, rounds: 2 });
  if (mesh.presence < LEAST_PRESENCE) return undefined;
  const { landmarks, presence } = mesh;
  return { box: boxAround(landmarks), score: presence, roll: measureRoll(landmarks), landmarks };
}
