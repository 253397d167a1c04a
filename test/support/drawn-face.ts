/** A face made of arithmetic, with landmarks that fit it: for tests that move it. */
import { LIPS_INNER, LIPS_OUTER, type Landmark } from '../../src/contract';
import table from './face-landmarks.json';

export interface DrawnFace {
  picture: { data: Uint8Array; width: number; height: number };
  landmarks: Landmark[];
}

/**
 * @param width and height of the picture; the face fills most of it
 * @param roll clockwise turn in radians
 */
export function drawnFace(width = 200, height = 240, roll = 0): DrawnFace {
  const scale = Math.min(width / 1300, height / 1560);
  const [cos, sin] = [Math.cos(roll) * scale, Math.sin(roll) * scale];
  const landmarks = table.map(([x, y]): Landmark => {
    const [a, b] = [x - 500, y - 600];
    return [width / 2 + a * cos - b * sin, height / 2 + a * sin + b * cos];
  });
  const data = new Uint8Array(width * height * 3);
  const lips = LIPS_OUTER.map((index) => landmarks[index]);
  const inner = LIPS_INNER.map((index) => landmarks[index]);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const colour = colourAt(x, y, lips, inner, scale);
      // A gentle ramp and a weave, so that any movement changes pixels.
      const weave = 6 * Math.sin(x * 0.9) * Math.cos(y * 0.7) + (20 * x) / width;
      data.set(
        colour.map((value) => value + weave),
        (y * width + x) * 3,
      );
    }
  }
  return { picture: { data, width, height }, landmarks };
}

function colourAt(x: number, y: number, lips: Landmark[], inner: Landmark[], scale: number) {
  const seam = Math.min(...inner.map(([px, py]) => Math.hypot(px - x, py - y)));
  if (seam < 12 * scale + 0.6) return [70, 30, 30];
  return contains(lips, x, y) ? [180, 90, 90] : [215, 170, 145];
}

function contains(loop: Landmark[], x: number, y: number): boolean {
  let inside = false;
  loop.forEach(([x1, y1], i) => {
    const [x2, y2] = loop[(i + 1) % loop.length];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
  });
  return inside;
}
