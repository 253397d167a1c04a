/**
 * What a portrait shows between lips that are apart: its own teeth, tongue and darkness. Measured
 * once; every frame shows it again where the lips leave it free.
 */
import { clamp, curveThrough, mix, percentile } from '../maths';
import { smoothLumaAt, type Picture } from '../picture';
import { toPicture, type Point } from './local-frame';
import type { MouthShape } from './mouth-geometry';
import { colourAt, lipColour, luma, mean, saturation, type Colour } from './palette';

/** Tables by column: local x = left + column · step; heights are local y. */
export interface OwnInside {
  /** The inner edges of the lips at rest; top > bottom where there is nothing between them. */
  top: Float32Array;
  bottom: Float32Array;
  /** Height of what is mixed with the lips above and below. */
  topRim: Float32Array;
  bottomRim: Float32Array;
  /**
   * What lies above goes with the upper jaw, what lies below with the lower one: lower teeth and
   * tongue. At the bottom where nothing is seen that goes with the lower jaw.
   */
  split: Float32Array;
  /** Colour of the teeth, where some are seen. */
  teeth: Colour | undefined;
  /** Upper teeth reach down to the lower lip: their edge is behind it. */
  isFullOfTeeth: boolean;
  /** Dark at the lower lip: what opens there is darkness as well. */
  isDarkBelow: boolean;
  /** So high that it says what this mouth looks like inside; a slit shows nothing but its shadow. */
  isTelling: boolean;
}

/**
 * A gap that is higher than this share of the mouth's width shows what is behind the lips; half of it
 * where teeth fill it.
 */
const TELLING = 0.12;
/** Where the inside is looked at: places across the mouth, and shares of the opening's height. */
const PLACES = 25;
const HEIGHTS = Array.from({ length: 15 }, (_, i) => 0.1 + (0.8 * i) / 14);

/** @param columns length of the tables */
export function measureInside(
  picture: Picture,
  mouth: MouthShape,
  left: number,
  step: number,
  columns: number,
): OwnInside | undefined {
  if (!mouth.isApart) return undefined;
  const { frame, halfWidth, gap, unit, centre } = mouth;
  const inside: OwnInside = {
    top: new Float32Array(columns).fill(1),
    bottom: new Float32Array(columns),
    topRim: new Float32Array(columns),
    bottomRim: new Float32Array(columns),
    split: new Float32Array(columns),
    teeth: undefined,
    isFullOfTeeth: false,
    isDarkBelow: false,
    isTelling: false,
  };
  const rim = Math.max(1.5, 0.02 * unit);
  for (let i = 0; i < columns; i++) {
    const x = left + i * step;
    if (Math.abs(x) >= halfWidth) continue;
    const most = 0.3 * (mouth.lowerInner(x) - mouth.upperInner(x));
    const [upperRest, lowerRest] = mouth.lipRest ?? [() => 0, () => 0];
    inside.topRim[i] = Math.min(most, upperRest(x) + rim);
    inside.bottomRim[i] = Math.min(most, lowerRest(x) + rim);
    inside.top[i] = mouth.upperInner(x);
    inside.bottom[i] = inside.split[i] = mouth.lowerInner(x);
  }
  const xs = Array.from({ length: PLACES }, (_, i) => centre + (i / 12 - 1) * 0.55 * halfWidth);
  const at = (x: number, share: number): Point =>
    toPicture(frame, x, mouth.upperInner(x) + share * (mouth.lowerInner(x) - mouth.upperInner(x)));
  const lip = lipColour(picture, mouth);
  const isTooth = (colour: Colour) =>
    luma(colour) > 1.1 * luma(lip) && saturation(colour) < Math.max(0.12, saturation(lip));
  const teeth = xs.flatMap((x) =>
    HEIGHTS.map((share) => colourAt(picture, ...at(x, share))).filter(isTooth),
  );
  if (teeth.length > 0.08 * PLACES * HEIGHTS.length) {
    const limit = percentile(teeth.map(luma), 0.5);
    inside.teeth = mean(teeth.filter((colour) => luma(colour) >= limit));
  }
  const columnsOf = xs.map((x) => HEIGHTS.map((share) => smoothLumaAt(picture, ...at(x, share))));
  // Across the mouth: the darkest band, and how much brighter it is above and below.
  const rows = HEIGHTS.map(
    (_, k) => columnsOf.reduce((sum, column) => sum + column[k], 0) / PLACES,
  );
  const darkest = Math.min(...rows);
  const row = rows.indexOf(darkest);
  const below = Math.max(...rows.slice(row));
  const isDarkBetween = below - darkest > 0.3 * (Math.max(...rows) - darkest) + 8 && row > 0;
  const isBrightBelow =
    inside.teeth !== undefined && rows[rows.length - 1] > 0.5 * luma(inside.teeth);
  inside.isDarkBelow = rows[rows.length - 1] < 0.55 * Math.max(...rows);
  inside.isFullOfTeeth = isBrightBelow && !isDarkBetween;
  inside.isTelling = gap > TELLING * unit * (inside.isFullOfTeeth ? 0.5 : 1);
  if (inside.isFullOfTeeth) {
    // Teeth lie in the shadow of the lower lip along its edge.
    for (let i = 0; i < columns; i++) {
      const most = 0.3 * Math.max(0, inside.bottom[i] - inside.top[i]);
      inside.bottomRim[i] = Math.min(most, inside.bottomRim[i] + rim);
    }
  }
  if (isDarkBetween && inside.isTelling) {
    const share = curveThrough(darkShares(columnsOf).map((value, i) => [xs[i], value] as const));
    for (let i = 0; i < columns; i++) {
      inside.split[i] = mix(inside.top[i], inside.bottom[i], share(left + i * step));
    }
  }
  return inside;
}

/** Where each column is dark between what is above and below: the middle of its darkness. */
function darkShares(columns: readonly number[][]): number[] {
  const middles = columns.map((column) => {
    const darkest = Math.min(...column);
    const limit = darkest + 0.15 * (Math.max(...column) - darkest);
    const dark = HEIGHTS.filter((_, k) => column[k] <= limit);
    return dark[dark.length >> 1];
  });
  const at = (i: number) => middles[clamp(i, 0, middles.length - 1)];
  return middles.map(
    (_, i) => (at(i - 2) + 2 * at(i - 1) + 3 * at(i) + 2 * at(i + 1) + at(i + 2)) / 9,
  );
}
