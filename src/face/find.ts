/** Finds all faces of a picture: the detector proposes, FaceMesh confirms. */
import { measureRoll, throwIfCancelled } from '../contract';
import { boxAround, intersectionOverUnion, longSide, sharedPart, suppress, type Box } from './box';
import type { Candidate } from './detector';
import {
  LEAST_PRESENCE,
  pointsOf,
  refineMesh,
  VIEW_MARGIN,
  viewOfCandidate,
  viewOfLandmarks,
  type Mesh,
  type Precision,
} from './facemesh';
import type { FaceNetworks } from './networks';
import { measureFace, type FaceMeasures } from './plausibility';
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
  /** Of the selected face alone: what the attention mesh says, and what is measured with it. */
  attention?: Mesh;
  measures?: FaceMeasures;
}

export function faceOf(landmarks: FoundFace['landmarks'], score: number): FoundFace {
  return { box: boxAround(landmarks), score, roll: measureRoll(landmarks), landmarks };
}

/** The face of an attention mesh, with FaceMesh's score; undefined where it sees none. */
export function faceOfMesh(attention: Mesh): FoundFace | undefined {
  const { landmarks, presence } = attention;
  if (!(presence >= LEAST_PRESENCE)) return undefined;
  return { ...faceOf(landmarks, presence), attention };
}

function leftToRight(a: FoundFace, b: FoundFace): number {
  return a.box[0] + a.box[2] - (b.box[0] + b.box[2]) || a.box[1] - b.box[1];
}

export function widestOf(faces: readonly FoundFace[]): FoundFace | undefined {
  const width = ({ box }: FoundFace) => box[2] - box[0];
  return faces.toSorted((a, b) => width(b) - width(a)).at(0);
}

interface FindOptions {
  /** 0…1 */
  minScore: number;
  signal?: AbortSignal;
  /** `done` of at most `total` views are searched; `total` stays the same. */
  onProgress?: (done: number, total: number) => void;
}

export interface Found {
  /** From left to right. */
  faces: FoundFace[];
  tried: SearchReport;
}

/** For the error message where no face is found. */
export interface SearchReport {
  views: number;
  /** Sides of the views in pixels, the largest first. */
  sizes: number[];
  /** Degrees */
  rolls: number[];
  /** The best score, also where it is too low. */
  bestScore: number;
}

/** The least score of the detector for a candidate. */
const LEAST_CANDIDATE = 0.3;
/** Degrees by which the picture is turned, until a face is found. */
const ROLLS = [0, -45, 45] as const;
/** Turned pictures are searched for faces of at least this share of their long side, to bound the time. */
const LEAST_TURNED = 1 / 45;
/** Faces smaller than this share of the largest are background: not searched for. */
const BACKGROUND_SHARE = 1 / 5;
/** Candidates that are confirmed, the best first, to bound the time. */
const MOST_CANDIDATES = 100;
/** Boxes that share this part of the smaller one show the same face. */
const SAME_FACE = 0.4;
/** Boxes of which the intersection over the union is larger are the same answer. */
const SAME_BOX = 0.8;

/**
 * All faces of at least about 40 pixels and a fifth of the largest one.
 * @throws E_CANCELLED
 */
export async function findFaces(
  picture: Picture,
  networks: FaceNetworks,
  options: FindOptions,
): Promise<Found> {
  const tried: SearchReport = { views: 0, sizes: [], rolls: [], bestScore: 0 };
  const search = { pyramid: new Pyramid(picture), networks, options, tried };
  const { leastShare } = networks;
  const plan = ROLLS.map((roll) => ({ roll, levels: levelsFor(picture, leastShare, roll) }));
  const total = plan.flatMap(({ levels }) => levels.flatMap(({ views }) => views)).length;
  for (const { roll, levels } of plan) {
    tried.rolls.push(roll);
    if (roll === 0) tried.sizes = levels.map(({ size }) => Math.round(size));
    const faces = await searchLevels(search, levels, total);
    if (faces.length > 0) return { faces: faces.sort(leftToRight), tried };
  }
  return { faces: [], tried };
}

interface Search {
  pyramid: Pyramid;
  networks: FaceNetworks;
  options: FindOptions;
  tried: SearchReport;
}

function levelsFor({ width, height }: Picture, leastShare: number, roll: number): Level[] {
  const levels = planSearch(width, height, leastShare, (roll * Math.PI) / 180);
  if (roll === 0) return levels;
  const least = Math.max(width, height) * LEAST_TURNED;
  return levels.filter(({ size }) => size * leastShare >= least);
}

/** From large views to small ones, until smaller faces would be background. */
async function searchLevels(search: Search, levels: Level[], total: number): Promise<FoundFace[]> {
  let faces: FoundFace[] = [];
  let seenDownTo = Infinity;
  for (const level of levels) {
    const largest = Math.max(0, ...faces.map(({ box }) => longSide(box)));
    if (seenDownTo < largest * BACKGROUND_SHARE) break;
    const candidates = await scan(search, level, total);
    faces = await confirm(search, candidates, faces);
    seenDownTo = level.size * search.networks.leastShare;
  }
  const largest = Math.max(0, ...faces.map(({ box }) => longSide(box)));
  return faces.filter(({ box }) => longSide(box) >= largest * BACKGROUND_SHARE);
}

async function scan(search: Search, { views }: Level, total: number): Promise<Candidate[]> {
  const { pyramid, networks, tried } = search;
  const { minScore, signal, onProgress } = search.options;
  const found: Candidate[] = [];
  for (const view of views) {
    if (signal) throwIfCancelled(signal);
    const least = Math.min(minScore, LEAST_CANDIDATE);
    const candidates = await networks.detect(pyramid, view, least);
    found.push(...candidates.filter((candidate) => isWhole(candidate, view, pyramid.picture)));
    tried.views++;
    onProgress?.(tried.views, total);
  }
  return found;
}

/** False where the view's border cuts the face; another view shows it whole. */
function isWhole({ x, y, size }: Candidate, view: View, { width, height }: Picture): boolean {
  if (view.size > Math.max(width, height)) return true;
  const [u, v] = toView(view, x, y);
  const half = size / view.size / 2;
  return Math.min(u, v) - half > 0 && Math.max(u, v) + half < 1;
}

/** The known faces, and one for each candidate that FaceMesh confirms. */
async function confirm(
  search: Search,
  candidates: Candidate[],
  known: readonly FoundFace[],
): Promise<FoundFace[]> {
  const { pyramid, networks, tried } = search;
  const { minScore, signal } = search.options;
  const faces = [...known];
  for (const candidate of suppress(candidates, isRepeat).slice(0, MOST_CANDIDATES)) {
    if (signal) throwIfCancelled(signal);
    if (faces.some((face) => isAt(face, candidate))) continue;
    const mesh = await quickMesh(networks, pyramid, viewOfCandidate(candidate));
    if (mesh.presence < HOPELESS) {
      tried.bestScore = Math.max(tried.bestScore, mesh.presence * candidate.score);
      continue;
    }
    const isKnown = ({ box }: FoundFace) =>
      intersectionOverUnion(box, boxAround(mesh.landmarks)) > SAME_BOX;
    if (faces.some(isKnown)) continue;
    const { landmarks, score } = await rightWayUp(networks, pyramid, mesh);
    const box = boxAround(landmarks);
    const twin = faces.findIndex((face) => sharedPart(face.box, box) > SAME_FACE);
    tried.bestScore = Math.max(tried.bestScore, score);
    if (score < minScore) continue;
    const view = viewOfLandmarks(landmarks);
    const how = { precision: 'steady', rounds: 3 } as const;
    const steady = await refineMesh(networks.mesh, pyramid, view, how);
    const face = faceOf(steady.landmarks, score);
    if (twin < 0) faces.push(face);
    else if (score > faces[twin].score) faces[twin] = face;
  }
  return faces;
}

/** How far a face's points may lie from those that the detector sees, as a share of its size. */
const SAME_PLACE = 0.12;

/** Whether the detector sees a known face again: its eyes and its mouth are where they were. */
function isAt({ landmarks, box }: FoundFace, { points }: Candidate): boolean {
  const most = SAME_PLACE * longSide(box);
  const seen = pointsOf(landmarks);
  return (['leftEye', 'rightEye', 'mouth'] as const).every((name) => {
    const [[x, y], [otherX, otherY]] = [points[name], seen[name]];
    return Math.hypot(x - otherX, y - otherY) <= most;
  });
}

function isRepeat(kept: Candidate, candidate: Candidate): boolean {
  return sharedPart(squareOf(kept), squareOf(candidate)) >= SAME_FACE;
}

function squareOf({ x, y, size }: Candidate): Box {
  return [x - size / 2, y - size / 2, x + size / 2, y + size / 2];
}

// A detector sees faces from a small share of its view up to nearly all of it, at any roll. The search
// therefore looks at the whole picture, then at overlapping squares that are smaller, and so on until a
// face of 40 pixels is large enough.

/** Side of the least faces that are searched for, in pixels. */
const LEAST_FACE = 40;
/** The first view as a multiple of the picture, so that a face that fills it has a margin. */
const MARGIN = 1.35;
/** Views shrink at most by this factor from level to level. */
const MOST_STEP = 3;
/** Share of a square that the next one covers too, so that each face is whole in one of them. */
const OVERLAP = 0.3;
/** Share of a square that lies outside the picture, for faces at its border. */
const OVERHANG = 0.08;
/** Faces along the long side, to bound the time: smaller ones are not searched for. */
const MOST_FACES = 192;

interface Level {
  /** Side of the views in pixels of the picture. */
  size: number;
  views: View[];
}

/**
 * The levels for a picture, the largest views first, turned by `roll` radians.
 * @param leastShare of the detector
 */
export function planSearch(width: number, height: number, leastShare: number, roll = 0): Level[] {
  const long = Math.max(width, height);
  const smallest = Math.max(LEAST_FACE, long / MOST_FACES) / leastShare;
  const whole = long * MARGIN;
  const levels = [{ size: whole, views: [{ x: width / 2, y: height / 2, size: whole, roll }] }];
  // Even steps that end at the smallest size. A face that no square of a level shows whole has to be large
  // enough in those of the level before.
  const factor = Math.min(MOST_STEP, OVERLAP / leastShare);
  const steps = Math.max(0, Math.ceil(Math.log(whole / smallest) / Math.log(factor)));
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
  /** The same with the mean of the detector's scores: tells upright faces from inverted ones better. */
  certainty: number;
}

const MOST_ROUNDS = 8;
/** Views around a face, as multiples of its size, in which the detector gives its score. */
const SCORE_VIEWS = [1.35, 3, 4.5] as const;
const AGREEMENT = { distance: 0.3, smaller: 0.6, larger: 1.6 } as const;
/** Below this score the inverted view is not tried. */
const LEAST_TO_TURN = 0.3;
/** The inverted face must lead by this. On portraits the right way up leads by 0.1 to 0.3. */
const LEAD = 0.03;

/** Of FaceMesh's score. */
const HOPELESS = 0.1;

function quickMesh(networks: FaceNetworks, pyramid: Pyramid, view: View): Promise<Mesh> {
  const how = { precision: 'quick', rounds: MOST_ROUNDS, hopeless: HOPELESS } as const;
  return refineMesh(networks.mesh, pyramid, view, how);
}

/**
 * These landmarks, or those of the same face turned by 180° where that fits better. Both networks
 * accept an inverted face as an upright one, with lower scores.
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
  const around = viewOfLandmarks(landmarks);
  const scores: number[] = [];
  for (const multiple of SCORE_VIEWS) {
    scores.push(await scoreInView(networks, pyramid, around, multiple, 0.01, AGREEMENT));
  }
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  return { landmarks, score: presence * Math.max(...scores), certainty: presence * mean };
}

/**
 * The detector's best score for a face in an upright view with the face in its middle; 0 where it sees
 * none of that place and size.
 * @param multiple of the face's size: side of the view
 * @param agreement how far the detector's box may be from the landmarks', as shares of the face's size
 */
export async function scoreInView(
  { detect }: FaceNetworks,
  pyramid: Pyramid,
  around: View,
  multiple: number,
  minScore: number,
  agreement: { distance: number; smaller: number; larger: number },
): Promise<number> {
  const side = around.size / VIEW_MARGIN;
  const candidates = await detect(pyramid, { ...around, size: side * multiple }, minScore);
  const agreeing = candidates.filter(
    ({ x, y, size }) =>
      Math.hypot(x - around.x, y - around.y) <= agreement.distance * side &&
      size >= agreement.smaller * side &&
      size <= agreement.larger * side,
  );
  return Math.max(0, ...agreeing.map(({ score }) => score));
}

/** The same face with the most precise landmarks. */
export async function withFineLandmarks(
  picture: Picture,
  networks: FaceNetworks,
  face: FoundFace,
): Promise<FoundFace> {
  const pyramid = new Pyramid(picture);
  const closer = await lookCloser(pyramid, networks, face);
  const { box, roll, landmarks } = faceOfMesh(closer.attention) ?? face;
  return { box, roll, landmarks, score: face.score, ...closer };
}

/** The attention mesh of a face, as fine as can be, and the measures by which it is judged. */
export async function lookCloser(
  pyramid: Pyramid,
  networks: FaceNetworks,
  { landmarks }: Pick<FoundFace, 'landmarks'>,
): Promise<Required<Pick<FoundFace, 'attention' | 'measures'>>> {
  const view = viewOfLandmarks(landmarks);
  const rough = await refineMesh(networks.attention, pyramid, view, {
    precision: 'quick',
    rounds: 2,
  });
  const settled = viewOfLandmarks(rough.landmarks);
  const how = { precision: 'fine', rounds: 1 } as const;
  const attention = await refineMesh(networks.attention, pyramid, settled, how);
  return { attention, measures: await measureFace(pyramid, networks, attention) };
}

/**
 * The largest face of a frame. Given the face of the frame before it, only its surroundings are
 * searched, in a tenth of the time.
 * @param precision `quick` for previews, `steady` for measuring, `fine` for stills
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
  const largest = widestOf(faces);
  return largest && follow(pyramid, networks, largest, precision);
}

async function follow(
  pyramid: Pyramid,
  networks: FaceNetworks,
  known: Pick<FoundFace, 'landmarks'>,
  precision: Precision,
): Promise<FoundFace | undefined> {
  const view = viewOfLandmarks(known.landmarks);
  return faceOfMesh(await refineMesh(networks.attention, pyramid, view, { precision, rounds: 2 }));
}
