/** The lips of a measured mouth as curves over its width, and the shapes of an opening between them. */
import type { MouthShape } from '../geometry/mouth';
import { clamp, mix } from '../../maths';

/** The opening ends a little inside the corners; it is flat in the middle and pointed at its ends. */
const OPENING = { width: 0.98, flatness: 2.7, point: 0.85 };
export interface Lips {
  upperInner(x: number): number;
  lowerInner(x: number): number;
  upperThickness(x: number): number;
  lowerThickness(x: number): number;
}

/** Lip curves that go on beyond the corners, where the sheets are one. */
export function lipCurves(mouth: MouthShape): Lips {
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
export function openingProfile({ centre, halfWidth }: MouthShape, x: number): number {
  const half = x < centre ? centre + halfWidth : halfWidth - centre;
  const s = Math.abs(x - centre) / (half * OPENING.width);
  return s >= 1 ? 0 : (1 - s ** OPENING.flatness) ** OPENING.point;
}

/** The same for rounded lips: an ellipse that ends well inside the corners. */
export function ovalProfile({ centre, halfWidth }: MouthShape, x: number): number {
  const half = x < centre ? centre + halfWidth : halfWidth - centre;
  const s = Math.abs(x - centre) / (half * 0.92);
  return s >= 1 ? 0 : Math.sqrt(1 - s * s);
}

/** Where the lips of an open mouth meet: the lower lip has the longer way. */
export function meetingLine(mouth: MouthShape, x: number): number {
  return mix(mouth.upperInner(x), mouth.lowerInner(x), 0.4);
}
