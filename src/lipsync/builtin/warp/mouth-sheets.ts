/**
 * The two sheets of skin that make the lower face: all above the line of the lips and all below it.
 * Each movement is a field over the resting face; a pose is a weighted sum of them.
 */
import { FACE_OVAL, type Landmark } from '../../../contract';
import { toLocal } from '../geometry/local-frame';
import type { MouthShape } from '../geometry/mouth';
import { curveThrough, mix } from '../../maths';
import { lipCurves } from './lips';
import { FIELDS, MOVEMENTS } from './movements';
import { Sheet, type Field } from './sheet';

export interface MouthSheets {
  upper: Sheet;
  lower: Sheet;
  /** Columns of the left and the right corner; between them the sheets are apart. */
  leftCorner: number;
  rightCorner: number;
}

const INSIDE = 40;
const OUTSIDE = 12;
/** Rows across a lip, as shares of its thickness; close together near the edge. */
const LIP_ROWS = [0, 0.12, 0.28, 0.46, 0.64, 0.82, 1];
const UPPER_ROWS = 8;
const LOWER_ROWS = 14;
/** Builds the sheets of a measured mouth. */
export function buildMouthSheets(mouth: MouthShape, landmarks: readonly Landmark[]): MouthSheets {
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
    upper: new Sheet(
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
    lower: new Sheet(
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
