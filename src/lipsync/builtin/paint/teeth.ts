/** The rows of teeth as functions of the place across the mouth; nothing here depends on the pose. */
import type { MouthShape } from '../geometry/mouth';
import { smoothstep } from '../../maths';

/** Tables by column: local x = left + column · step. */
export interface TeethTables {
  /** Lower edge of the upper teeth, local y. */
  edge: Float32Array;
  /** Brightness of the upper and the lower row, darker between teeth, 0…1. */
  upperLight: Float32Array;
  lowerLight: Float32Array;
  /** What the portrait shows between its lips at rest, local y; empty (top > bottom) for closed lips. */
  ownTop: Float32Array;
  ownBottom: Float32Array;
}

/** Widths of the upper teeth from the middle outwards, in mouth widths (Wheeler's dental anatomy, seen from the front). */
const UPPER_WIDTHS = [0.165, 0.125, 0.115, 0.09, 0.075, 0.07, 0.06];
/** The lower front teeth are nearly alike. */
const LOWER_WIDTH = 0.1;
/** How far the upper teeth reach below the line of closed lips, in mouth widths. */
const BELOW_LIPS = 0.055;
/** The arch of the teeth recedes: their edge rises so much at the corners. */
const ARCH = 0.1;

/** @param columns length of the tables */
export function tabulateTeeth(
  mouth: MouthShape,
  left: number,
  step: number,
  columns: number,
): TeethTables {
  const { unit, centre, halfWidth } = mouth;
  const tables: TeethTables = {
    edge: new Float32Array(columns),
    upperLight: new Float32Array(columns),
    lowerLight: new Float32Array(columns),
    ownTop: new Float32Array(columns).fill(1),
    ownBottom: new Float32Array(columns),
  };
  const joints = [0];
  for (const width of UPPER_WIDTHS) joints.push(joints.at(-1)! + width * unit);
  const line = Math.max(0.9, 0.014 * unit);
  // On a small face lines between the teeth would only be noise.
  const strength = 0.17 * smoothstep(28, 80, unit);
  const level = (mouth.upperInner(centre) + mouth.lowerInner(centre)) / 2;
  for (let i = 0; i < columns; i++) {
    const x = left + i * step;
    const away = Math.abs(x - centre);
    const tooth = joints.findIndex((joint) => joint > away);
    const [a, b] = tooth > 0 ? [joints[tooth - 1], joints[tooth]] : [away, away + 1];
    const within = (away - a) / (b - a) - 0.5;
    const bow = 0.24 * strength * unit * within * within;
    const shorter = tooth === 2 ? 0.01 * unit : tooth > 3 ? 0.008 * unit : 0;
    const arch = ARCH * unit * (away / halfWidth) ** 2;
    tables.edge[i] = level + BELOW_LIPS * unit - arch - bow - shorter;
    tables.upperLight[i] = 1 - strength * Math.max(0, 1 - Math.min(away - a, b - away) / line);
    const small = LOWER_WIDTH * unit;
    const toJoint = Math.min(away % small, small - (away % small));
    tables.lowerLight[i] = 1 - strength * Math.max(0, 1 - toJoint / line);
    if (mouth.isOpen && Math.abs(x) < halfWidth) {
      tables.ownTop[i] = mouth.upperInner(x);
      // The lower lip's own shine on its edge would stay behind on the teeth.
      tables.ownBottom[i] = mouth.lowerInner(x) - 0.12 * mouth.gap;
      tables.edge[i] = Math.max(tables.edge[i], mouth.lowerInner(x));
    }
  }
  return tables;
}
