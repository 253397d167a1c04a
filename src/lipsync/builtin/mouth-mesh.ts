/**
 * The two meshes of skin that make the lower face: all above the line of the lips and all below it.
 * Each movement is a field over the resting face; a pose is a weighted sum of them.
 */
import { toLocal } from './local-frame';
import type { MouthShape } from './mouth-geometry';
import { clamp, mix, smoothstep, curveThrough } from '../maths';
import { FACE_OVAL, type Landmark } from '../../contract';
import { Mesh, type Field } from './mesh';

/** The opening ends a little inside the corners; it is flat in the middle and pointed at its ends. */
/** Lips that are apart at rest go on opening in the shape that they have. */
const OPENING = { width: 0.98, flatness: 2.7, point: 0.85, own: 0.4 };
interface Lips {
  upperInner(x: number): number;
  lowerInner(x: number): number;
  upperThickness(x: number): number;
  lowerThickness(x: number): number;
}

/** Lip curves that go on beyond the corners, where the meshes are one. */
function lipCurves(mouth: MouthShape): Lips {
  const { halfWidth } = mouth;
  const least = 0.07 * halfWidth;
  const within = (x: number) => clamp(x, -halfWidth, halfWidth);
  const join = (x: number) => (Math.abs(x) >= halfWidth * 0.999 ? 0 : 1);
  return {
    upperInner: (x) => join(x) * mouth.upperInner(within(x)),
    lowerInner: (x) => join(x) * mouth.lowerInner(within(x)),
    upperThickness: (x) =>
      Math.max(least, mouth.upperInner(within(x)) - mouth.upperOuter(within(x))),
    lowerThickness: (x) =>
      Math.max(least, mouth.lowerOuter(within(x)) - mouth.lowerInner(within(x))),
  };
}

/** 1 in the middle of the lips, 0 at and beyond the corners. */
function openingProfile(mouth: MouthShape, x: number): number {
  const { centre, halfWidth } = mouth;
  const half = x < centre ? centre + halfWidth : halfWidth - centre;
  const s = Math.abs(x - centre) / (half * OPENING.width);
  const usual = s >= 1 ? 0 : (1 - s ** OPENING.flatness) ** OPENING.point;
  if (!mouth.isApart || s >= 1) return usual;
  const own = clamp((mouth.lowerInner(x) - mouth.upperInner(x)) / mouth.gap);
  return mix(usual, own, OPENING.own * smoothstep(0.08, 0.2, mouth.gap / mouth.unit));
}

/** The same for rounded lips: an ellipse that ends well inside the corners. */
function ovalProfile({ centre, halfWidth }: MouthShape, x: number): number {
  const half = x < centre ? centre + halfWidth : halfWidth - centre;
  const s = Math.abs(x - centre) / (half * 0.92);
  return s >= 1 ? 0 : Math.sqrt(1 - s * s);
}

/** The upper lip's share of the way, and how far it can go down, in mouth widths. */
const UPPER_WAY = { share: 0.4, most: 0.18 };

/** Where lips that are apart meet: the lower lip has the longer way. */
export function meetingLine(mouth: MouthShape, x: number): number {
  const share = Math.min(UPPER_WAY.share, (UPPER_WAY.most * mouth.unit) / (mouth.gap || 1));
  return mix(mouth.upperInner(x), mouth.lowerInner(x), share);
}

/** A mouth with what the movements are measured against, in local pixels. */
interface Place {
  mouth: MouthShape;
  lips: Lips;
  jawLine: (x: number) => number;
  top: number;
  bottom: number;
  reach: number;
}

/** How far the corners go down with the jaw. */
const CORNER_DROP = 0.16;

/** 1 on the lip, falling to 0 up to the nose. */
function aboveLip({ mouth, lips }: Place, x: number, y: number): number {
  const outer = lips.upperInner(x) - lips.upperThickness(x);
  const end = Math.min(mouth.noseY * 1.05, outer - 0.25 * mouth.halfWidth);
  return smoothstep(end, Math.min(outer + 0.2 * (outer - end), lips.upperInner(x)), y);
}

/** 1 on the lip, falling to 0 on the way to the chin. */
function belowLip({ mouth, lips }: Place, x: number, y: number): number {
  const outer = lips.lowerInner(x) + lips.lowerThickness(x);
  const end = Math.max(mix(outer, mouth.chinY, 0.8), outer + 0.3 * mouth.halfWidth);
  return 1 - smoothstep(Math.max(outer - 0.1 * (end - outer), lips.lowerInner(x)), end, y);
}

/** Share of the chin's movement: 1 on the chin, 0 at the mouth, beside the jaw and down the neck. */
function jawShare({ mouth, jawLine, bottom }: Place, x: number, y: number): number {
  const { chinY, halfWidth } = mouth;
  const level = smoothstep(0.02 * chinY, 0.8 * chinY, y);
  const side = x < 0 ? mouth.jawLeft : mouth.jawRight;
  const across = 1 - smoothstep(0.42, 1.18, Math.abs(x - 0.5 * mouth.chinX) / side);
  // Follows the outline of the jaw at the sides, so that the edge of the face moves as one.
  const line = Math.max(jawLine(clamp(x, -side, side)), halfWidth * 0.4);
  const under = 1 - smoothstep(line + 0.04 * chinY, line + (bottom - chinY) * 0.95, y);
  return level * across * under;
}

/** The corners and the cheeks beside them follow the jaw a little. */
function cornerDrop({ mouth, reach, top }: Place, x: number, y: number): number {
  const { halfWidth, chinY } = mouth;
  const away = Math.abs(x);
  const across =
    away < halfWidth
      ? smoothstep(0.3 * halfWidth, halfWidth, away)
      : 1 - smoothstep(halfWidth, mix(halfWidth, reach, 0.8), away);
  const vertical =
    y < 0 ? 1 - smoothstep(0, -mix(mouth.noseY, top, 0.6), -y) : 1 - smoothstep(0, 0.7 * chinY, y);
  return CORNER_DROP * across * vertical;
}

/** Horizontal pull of the corners: proportional to x between them, fading out in the cheeks. */
function cornerPull({ mouth, top }: Place, x: number, y: number): number {
  const { halfWidth, chinY } = mouth;
  const beyond = Math.abs(x) - halfWidth;
  // The outline of the face stays.
  const room = Math.max(
    (x < 0 ? mouth.jawLeft : mouth.jawRight) * 0.95 - halfWidth,
    0.5 * halfWidth,
  );
  const along =
    beyond <= 0 ? x : Math.sign(x) * halfWidth * (1 - smoothstep(-0.1 * room, room, beyond));
  const vertical =
    y < 0
      ? 1 - smoothstep(-0.25 * mouth.noseY, -mix(mouth.noseY, top, 0.5), -y)
      : 1 - smoothstep(0.25 * chinY, 0.8 * chinY, y);
  return along * vertical;
}

/** Closes the dark gap of lips that are a little apart: all beyond it moves towards the line. */
function tightening({ mouth, lips }: Place, x: number, y: number, upper: boolean): number {
  if (Math.abs(x) >= mouth.halfWidth) return 0;
  const slack = mouth.slack(x);
  const away = upper ? lips.upperInner(x) - y : y - lips.lowerInner(x);
  return 0.75 * slack * smoothstep(0, 1.3 * slack + 0.1, away);
}

/** Distance from the lip's edge, up to its thickness, fading out at the corners. */
function thickening({ mouth, lips }: Place, x: number, y: number, upper: boolean): number {
  const thick = upper ? lips.upperThickness(x) : lips.lowerThickness(x);
  const away = upper ? lips.upperInner(x) - y : y - lips.lowerInner(x);
  return clamp(away, 0, thick) * (1 - smoothstep(0.75, 1.15, Math.abs(x) / mouth.halfWidth));
}

/** The movements, in the order of {@link MouthWeights}. Lengths are local pixels, shares 0…1. */
export interface MouthWeights {
  /** Upper lip up, pixels. */
  raise: number;
  /** Lower lip down, pixels. */
  drop: number;
  /** An opening like an ellipse, as rounded lips make it, pixels at its middle. */
  oval: number;
  /** Chin down, pixels. */
  jaw: number;
  /** Lips of an open resting mouth brought together, share. */
  close: number;
  /** Corners drawn in and lips thickened, share of the half width. */
  narrow: number;
  /** Corners of a smile let down, pixels. */
  sag: number;
  /** Corners drawn apart, share of the half width. */
  wide: number;
  /** Lips pressed thin, share. */
  press: number;
  /** Lower lip rolled in below the upper teeth, share. */
  tuck: number;
}

export const MOVEMENTS = [
  'raise',
  'drop',
  'oval',
  'jaw',
  'close',
  'narrow',
  'sag',
  'wide',
  'press',
  'tuck',
] as const satisfies readonly (keyof MouthWeights)[];

type PlacedField = (place: Place, x: number, y: number) => readonly [number, number];

const NOTHING: PlacedField = () => [0, 0];

/** What each movement does to the mesh above the lips and to the one below them. */
const FIELDS: Record<keyof MouthWeights, { upper: PlacedField; lower: PlacedField }> = {
  raise: {
    upper: (place, x, y) => [0, -openingProfile(place.mouth, x) * aboveLip(place, x, y)],
    lower: NOTHING,
  },
  drop: {
    upper: NOTHING,
    lower: (place, x, y) => [0, openingProfile(place.mouth, x) * belowLip(place, x, y)],
  },
  oval: {
    upper: (place, x, y) => [0, -0.4 * ovalProfile(place.mouth, x) * aboveLip(place, x, y)],
    lower: (place, x, y) => [0, 0.6 * ovalProfile(place.mouth, x) * belowLip(place, x, y)],
  },
  jaw: {
    upper: (place, x, y) => [0, cornerDrop(place, x, y)],
    lower: (place, x, y) => {
      const corner = cornerDrop(place, x, y);
      const { mouth, lips } = place;
      // Lips that are apart have their own movements; the lower one lies far down already.
      const lip = mouth.isApart
        ? jawShare(place, x, lips.lowerInner(x)) * belowLip(place, x, y)
        : 0;
      return [0, corner + (1 - corner) * (jawShare(place, x, y) - lip)];
    },
  },
  close: {
    upper: (place, x, y) => {
      const { mouth } = place;
      if (!mouth.isApart || Math.abs(x) >= mouth.halfWidth) return [0, 0];
      return [0, (meetingLine(mouth, x) - mouth.upperInner(x)) * aboveLip(place, x, y)];
    },
    lower: (place, x, y) => {
      const { mouth } = place;
      if (!mouth.isApart || Math.abs(x) >= mouth.halfWidth) return [0, 0];
      return [0, (meetingLine(mouth, x) - mouth.lowerInner(x)) * belowLip(place, x, y)];
    },
  },
  narrow: {
    upper: (place, x, y) => [
      -cornerPull(place, x, y),
      -0.7 * thickening(place, x, y, true) * aboveLip(place, x, y),
    ],
    lower: (place, x, y) => [
      -cornerPull(place, x, y),
      0.4 * thickening(place, x, y, false) * belowLip(place, x, y),
    ],
  },
  sag: {
    upper: (place, x, y) => [0, cornerDrop(place, x, y) / CORNER_DROP],
    lower: (place, x, y) => [0, cornerDrop(place, x, y) / CORNER_DROP],
  },
  wide: {
    upper: (place, x, y) => [cornerPull(place, x, y), 0],
    lower: (place, x, y) => [cornerPull(place, x, y), 0],
  },
  press: {
    upper: (place, x, y) => [
      0,
      (0.2 * thickening(place, x, y, true) + tightening(place, x, y, true)) * aboveLip(place, x, y),
    ],
    lower: (place, x, y) => [
      0,
      -(0.2 * thickening(place, x, y, false) + tightening(place, x, y, false)) *
        belowLip(place, x, y),
    ],
  },
  tuck: {
    upper: NOTHING,
    lower: (place, x, y) => [
      0,
      -(
        0.38 * thickening(place, x, y, false) +
        0.05 * place.mouth.unit * openingProfile(place.mouth, x)
      ) * belowLip(place, x, y),
    ],
  },
};

export interface MouthMeshes {
  upper: Mesh;
  lower: Mesh;
  /** Columns of the left and the right corner; between them the meshes are apart. */
  leftCorner: number;
  rightCorner: number;
}

const INSIDE = 40;
const OUTSIDE = 12;
/** Rows across a lip, as shares of its thickness; close together near the edge. */
const LIP_ROWS = [0, 0.12, 0.28, 0.46, 0.64, 0.82, 1];
const UPPER_ROWS = 8;
const LOWER_ROWS = 14;

/** Builds the meshes of a measured mouth. */
export function buildMouthMeshes(mouth: MouthShape, landmarks: readonly Landmark[]): MouthMeshes {
  const { frame, halfWidth } = mouth;
  const reach = 1.3 * Math.max(mouth.jawLeft, mouth.jawRight);
  const outside = Array.from({ length: OUTSIDE }, (_, i) =>
    mix(halfWidth, reach, ((i + 1) / OUTSIDE) ** 1.4),
  );
  const inside = Array.from({ length: INSIDE + 1 }, (_, i) => halfWidth * (-1 + (2 * i) / INSIDE));
  const columns = [...outside.map((x) => -x).reverse(), ...inside, ...outside];
  const top = mix(mouth.noseY, mouth.topY, 0.55);
  const jawLine = jawLineOf(mouth, landmarks);
  const bottom = mouth.chinY * 1.62;
  const lips = lipCurves(mouth);
  const fields = MOVEMENTS.map((name) => FIELDS[name]);
  const place = { mouth, lips, jawLine, top, bottom, reach };
  const upperFields = fields.map(
    ({ upper }): Field =>
      (x, y) =>
        upper(place, x, y),
  );
  const lowerFields = fields.map(
    ({ lower }): Field =>
      (x, y) =>
        lower(place, x, y),
  );
  return {
    upper: new Mesh(
      frame,
      columns,
      (x) => {
        const inner = lips.upperInner(x);
        const thick = lips.upperThickness(x);
        return [
          ...LIP_ROWS.map((t) => inner - t * thick),
          ...rowsTo(inner - thick, top, UPPER_ROWS),
        ];
      },
      upperFields,
    ),
    lower: new Mesh(
      frame,
      columns,
      (x) => {
        const inner = lips.lowerInner(x);
        const thick = lips.lowerThickness(x);
        return [
          ...LIP_ROWS.map((t) => inner + t * thick),
          ...rowsTo(inner + thick, bottom, LOWER_ROWS),
        ];
      },
      lowerFields,
    ),
    leftCorner: OUTSIDE,
    rightCorner: OUTSIDE + INSIDE,
  };
}

function rowsTo(from: number, to: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => mix(from, to, ((i + 1) / count) ** 1.15));
}

/** The lower edge of the face, local x → local y. */
function jawLineOf(mouth: MouthShape, landmarks: readonly Landmark[]): (x: number) => number {
  const points = FACE_OVAL.slice(8, 29)
    .map((index) => toLocal(mouth.frame, landmarks[index][0], landmarks[index][1]))
    .filter(([, y]) => y > 0);
  return points.length > 2 ? curveThrough(points) : () => mouth.chinY;
}
