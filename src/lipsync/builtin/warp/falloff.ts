/** How far each place of the lower face takes part in a movement of the mouth. */
import type { MouthShape } from '../geometry/mouth';
import { clamp, mix, smoothstep } from '../../maths';
import type { Lips } from './lips';

/** A mouth with what the movements are measured against, in local pixels. */
export interface Place {
  mouth: MouthShape;
  lips: Lips;
  jawLine: (x: number) => number;
  top: number;
  bottom: number;
  reach: number;
}

/** How far the corners go down with the jaw. */
export const CORNER_DROP = 0.16;

/** 1 on the lip, falling to 0 up to the nose. */
export function aboveLip({ mouth, lips }: Place, x: number, y: number): number {
  const outer = lips.upperInner(x) - lips.upperThickness(x);
  const end = Math.min(mouth.noseY * 1.05, outer - 0.25 * mouth.halfWidth);
  return smoothstep(end, outer + 0.2 * (outer - end), y);
}

/** 1 on the lip, falling to 0 on the way to the chin. */
export function belowLip({ mouth, lips }: Place, x: number, y: number): number {
  const outer = lips.lowerInner(x) + lips.lowerThickness(x);
  const end = Math.max(mix(outer, mouth.chinY, 0.8), outer + 0.3 * mouth.halfWidth);
  return 1 - smoothstep(outer - 0.1 * (end - outer), end, y);
}

/** Share of the chin's movement: 1 on the chin, 0 at the mouth, beside the jaw and down the neck. */
export function jawShare({ mouth, jawLine, bottom }: Place, x: number, y: number): number {
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
export function cornerDrop({ mouth, reach, top }: Place, x: number, y: number): number {
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
export function cornerPull({ mouth, top }: Place, x: number, y: number): number {
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
export function tightening({ mouth, lips }: Place, x: number, y: number, upper: boolean): number {
  if (Math.abs(x) >= mouth.halfWidth) return 0;
  const slack = mouth.slack(x);
  const away = upper ? lips.upperInner(x) - y : y - lips.lowerInner(x);
  return 0.75 * slack * smoothstep(0, 1.3 * slack + 0.1, away);
}

/** Distance from the lip's edge, up to its thickness, fading out at the corners. */
export function thickening({ mouth, lips }: Place, x: number, y: number, upper: boolean): number {
  const thick = upper ? lips.upperThickness(x) : lips.lowerThickness(x);
  const away = upper ? lips.upperInner(x) - y : y - lips.lowerInner(x);
  return clamp(away, 0, thick) * (1 - smoothstep(0.75, 1.15, Math.abs(x) / mouth.halfWidth));
}
