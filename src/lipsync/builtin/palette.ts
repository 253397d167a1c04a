/** The colours of a portrait's mouth. */
import type { Landmark } from '../../contract';
import { clamp, mix } from '../maths';
import { lumaAt, type Picture } from '../picture';
import { toPicture } from './local-frame';
import type { MouthShape } from './mouth-geometry';

export type Colour = readonly [number, number, number];

export interface MouthPalette {
  teeth: Colour;
  tongue: Colour;
  /** Where the lips meet at the sides. */
  corner: Colour;
  /** Just inside the lips. */
  cavity: Colour;
  /** Deep in the throat. */
  deep: Colour;
  /** Strength of the picture's grain, standard deviation in 8-bit steps. */
  grain: number;
}

/** Landmarks on plain skin: both cheeks. */
const CHEEKS = [50, 280, 205, 425, 187, 411];

/**
 * Samples skin, lips and darkest tones of a portrait.
 * @param shown colour of the teeth that it shows
 */
export function measurePalette(
  picture: Picture,
  landmarks: readonly Landmark[],
  mouth: MouthShape,
  shown: Colour | undefined,
): MouthPalette {
  const radius = Math.max(1, 0.08 * mouth.halfWidth);
  const skinSamples = CHEEKS.flatMap((index) =>
    patch(picture, landmarks[index][0], landmarks[index][1], radius),
  );
  const skin = brighterHalf(skinSamples);
  const lip = lipColour(picture, mouth);
  const light = luma(skin);
  // The inside of a mouth is as dark as the darkest the picture has, and red.
  const shade = atMost(darkest(picture, mouth), 0.17 * light);
  const dark = blend(shade, scale(lip, luma(shade) / (luma(lip) || 1)), 0.5);
  const teethLuma = clamp(light * 1.08 + 16, 0, 240);
  const teeth = shown ?? litEnamel(skin, teethLuma);
  return {
    teeth,
    tongue: blend(blend(lip, skin, 0.15), dark, 0.32),
    corner: blend(dark, lip, 0.5),
    cavity: blend(dark, lip, 0.24),
    deep: blend(scale(dark, 0.65), lip, 0.06),
    grain: grainOf(picture, landmarks, radius),
  };
}

/** The lower lip's colour. */
export function lipColour(picture: Picture, mouth: MouthShape): Colour {
  const samples: Colour[] = [];
  for (let i = -6; i <= 6; i++) {
    const x = mouth.centre + (i / 6) * 0.5 * mouth.halfWidth;
    const inner = mouth.lowerInner(x);
    samples.push(
      colourAt(picture, ...toPicture(mouth.frame, x, inner + 0.45 * (mouth.lowerOuter(x) - inner))),
    );
  }
  return median(samples);
}

/** Mean of the darkest fiftieth of the face around the mouth and up to the eyes. */
function darkest(picture: Picture, mouth: MouthShape): Colour {
  const samples: Colour[] = [];
  const { halfWidth, topY, chinY, frame } = mouth;
  for (let j = 0; j <= 60; j++) {
    for (let i = -30; i <= 30; i++) {
      const y = mix(topY * 1.15, chinY * 0.5, j / 60);
      samples.push(colourAt(picture, ...toPicture(frame, (i / 30) * 1.6 * halfWidth, y)));
    }
  }
  samples.sort((a, b) => luma(a) - luma(b));
  const few = samples.slice(0, Math.ceil(samples.length / 50));
  return mean(few);
}

/** Standard deviation of what a small blur takes away, in the smoothest of the cheek patches. */
function grainOf(picture: Picture, landmarks: readonly Landmark[], radius: number): number {
  const size = Math.max(2, Math.round(radius));
  const spreads = CHEEKS.map((index) => {
    const [cx, cy] = landmarks[index];
    let sum = 0;
    let count = 0;
    for (let y = -size; y <= size; y++) {
      for (let x = -size; x <= size; x++) {
        const at = (dx: number, dy: number) => lumaAt(picture, cx + x + dx, cy + y + dy);
        const rest = at(0, 0) - (at(1, 0) + at(-1, 0) + at(0, 1) + at(0, -1)) / 4;
        sum += rest * rest;
        count++;
      }
    }
    return Math.sqrt((sum / count) * 0.8);
  });
  return clamp(Math.min(...spreads), 0, 6);
}

function patch(picture: Picture, cx: number, cy: number, radius: number): Colour[] {
  const size = Math.round(radius);
  const colours: Colour[] = [];
  for (let y = -size; y <= size; y++) {
    for (let x = -size; x <= size; x++) colours.push(colourAt(picture, cx + x, cy + y));
  }
  return colours;
}

export function colourAt({ data, width, height }: Picture, x: number, y: number): Colour {
  const column = clamp(Math.round(x), 0, width - 1);
  const row = clamp(Math.round(y), 0, height - 1);
  const at = 3 * (row * width + column);
  return [data[at], data[at + 1], data[at + 2]];
}

export function luma([r, g, b]: Colour): number {
  return 0.299 * r + 0.587 * g + 0.114 * b;
}

export function saturation(colour: Colour): number {
  const most = Math.max(...colour);
  return most === 0 ? 0 : (most - Math.min(...colour)) / most;
}

function brighterHalf(colours: Colour[]): Colour {
  const sorted = [...colours].sort((a, b) => luma(a) - luma(b));
  return mean(sorted.slice(Math.floor(sorted.length / 2), Math.ceil(sorted.length * 0.95)));
}

export function mean(colours: Colour[]): Colour {
  const sum = [0, 0, 0];
  for (const colour of colours) colour.forEach((value, k) => (sum[k] += value));
  return sum.map((value) => value / Math.max(1, colours.length)) as unknown as Colour;
}

export function median(colours: Colour[]): Colour {
  return [0, 1, 2].map((k) => {
    const values = colours.map((colour) => colour[k]).sort((a, b) => a - b);
    return values[values.length >> 1];
  }) as unknown as Colour;
}

export function blend(from: Colour, to: Colour, share: number): Colour {
  return from.map((value, k) => mix(value, to[k], share)) as unknown as Colour;
}

/** The colour, darkened where it is lighter than a limit. */
function atMost(colour: Colour, limit: number): Colour {
  const own = luma(colour);
  return own <= limit ? colour : scale(colour, limit / own);
}

export function scale(colour: Colour, factor: number): Colour {
  return colour.map((value) => value * factor) as unknown as Colour;
}

/** Enamel in white light, and skin in white light (both with a luma of 1). */
const ENAMEL: Colour = [1.05, 1, 0.88];
const WHITE_LIT_SKIN: Colour = [1.22, 0.93, 0.78];

/**
 * Enamel of a given luma in the light that the skin is seen in. What of the skin's hue is light and
 * what is skin cannot be told apart: half the difference from usual skin and a share of the hue itself.
 */
function litEnamel(skin: Colour, light: number): Colour {
  const own = luma(skin) || 1;
  return ENAMEL.map((value, k) => {
    const hue = skin[k] / own;
    const lit = value * Math.sqrt(hue / WHITE_LIT_SKIN[k]);
    return clamp((light * (lit + value * mix(1, hue, 0.4))) / 2, 0, 245);
  }) as unknown as Colour;
}
