/**
 * Finds the lines of the lips in a picture, near where landmarks say they are. Landmarks miss them
 * by some pixels; a cut beside them would tear a strip off one lip and hang it on the other.
 */
import { clamp, curveThrough, mix, percentile, smoothstep } from '../maths';
import { smoothLumaAt, type Picture } from '../picture';
import { toPicture, type Curve, type LocalFrame } from './local-frame';

/** Price of a place: column, local y, distance from the guess, reach of the column. */
type Price = (column: number, y: number, offset: number, reach: number) => number;

/** Resolution of a path, in pixels. */
const STEP = 0.5;
const COLUMNS = 41;
/** The edge between lip and teeth is blurred; the lip begins where that has ended, in pixels. */
const EDGE_BLUR = 0.8;

interface PathOptions {
  /** x of the columns, local, rising, evenly spaced. */
  columns: readonly number[];
  /** Local y that the landmarks say, a column each. */
  guess: readonly number[];
  /** How far the path may leave the guess, in pixels, a column each. */
  reach: readonly number[];
  /** Price of a bend against the guess, for a slope of one. */
  bend: number;
  /** Steepest slope against the guess. */
  steepest: number;
  price: Price;
}

/**
 * The cheapest smooth path near a guess, by dynamic programming over columns (as in seam carving,
 * Avidan and Shamir 2007).
 * @returns local y, a column each
 */
function cheapestPath({ columns, guess, reach, bend, steepest, price }: PathOptions): number[] {
  const most = Math.ceil(Math.max(...reach) / STEP);
  const size = 2 * most + 1;
  const spacing = columns.length > 1 ? columns[1] - columns[0] : 1;
  const widest = Math.max(1, Math.ceil((spacing * steepest) / STEP));
  const prices = columns.map((_, i) =>
    Float64Array.from({ length: size }, (_, k) => {
      const offset = (k - most) * STEP;
      if (Math.abs(offset) > reach[i] + 1e-9) return Infinity;
      return price(i, guess[i] + offset, offset, reach[i]);
    }),
  );
  const from = columns.map(() => new Int32Array(size));
  let totals = prices[0].slice();
  for (let i = 1; i < columns.length; i++) {
    const next = new Float64Array(size).fill(Infinity);
    for (let k = 0; k < size; k++) {
      for (let j = Math.max(0, k - widest); j <= Math.min(size - 1, k + widest); j++) {
        const slope = ((k - j) * STEP) / spacing;
        const total = totals[j] + prices[i][k] + bend * slope * slope;
        if (total < next[k]) {
          next[k] = total;
          from[i][k] = j;
        }
      }
    }
    totals = next;
  }
  let k = totals.indexOf(Math.min(...totals));
  const path = new Array<number>(columns.length);
  for (let i = columns.length - 1; i >= 0; i--) {
    path[i] = guess[i] + (k - most) * STEP;
    k = from[i][k];
  }
  return path;
}

/** The four edges of the lips as landmarks say them. */
export interface LipGuess {
  upperOuter: Curve;
  upperInner: Curve;
  lowerInner: Curve;
  lowerOuter: Curve;
}

/** The inner edges of the lips, and how far the lips' colours reach beyond them, in pixels. */
export interface LipEdges {
  upper: Curve;
  lower: Curve;
  upperRest: Curve;
  lowerRest: Curve;
}

/** Weights of luma and of the two differences of colour in a distance. */
const CHROMA = 1.6;
type Feature = readonly [number, number, number];

/** Distances below this are noise, in 8-bit steps. */
const NOISE = 12;
/** A lip ends where it begins to look like what is behind it: the share of doubt that is not lip. */
const BIAS = 0.15;
/** What is surely no part of the inside. */
const SURELY_LIP = -0.25;
/**
 * Landmarks are right within this share of the half width, or within the gap between lips that are
 * a little apart; further off costs ever more.
 */
const TRUST = 0.12;
/** How far an edge may lie from its landmarks, in half widths: drawn mouths are no human ones. */
const FURTHEST = 0.5;
/**
 * A slit between parted lips: its darkness as a share of the lips' luma at most, and its least height
 * in half widths.
 */
const SLIT = { dark: 0.5, least: 0.06 };
/** How far the inside may reach beyond the lip's outer landmarks, in half widths. */
const BEYOND_LIP = 0.25;
const PRICES = { trust: 6, inwards: 8, bend: 1.5 };

/** Finds the lines of the lips of one mouth. */
export class LipTracer {
  readonly #picture: Picture;
  readonly #frame: LocalFrame;
  readonly #columns: number[];
  /** How far the line of closed lips may leave the landmarks: 1 in the middle, 0 at the corners. */
  readonly #freedom: number[];
  readonly #halfWidth: number;

  constructor(picture: Picture, frame: LocalFrame, halfWidth: number) {
    this.#picture = picture;
    this.#frame = frame;
    this.#halfWidth = halfWidth;
    const places = Array.from({ length: COLUMNS }, (_, i) => mix(-1, 1, i / (COLUMNS - 1)));
    this.#columns = places.map((place) => place * halfWidth);
    this.#freedom = places.map((place) => 1 - smoothstep(0.55, 1, Math.abs(place)));
  }

  /** Where closed lips meet: a dark line between brighter sides. */
  seam(guess: Curve): Curve {
    const luma = (x: number, y: number) =>
      smoothLumaAt(this.#picture, ...toPicture(this.#frame, x, y));
    const columns = this.#columns;
    const path = cheapestPath({
      columns,
      guess: columns.map(guess),
      reach: this.#freedom.map((share) => mix(0.15, 1, share) * 0.13 * this.#halfWidth),
      bend: 30,
      steepest: 0.8,
      price: (column, y, offset, reach) => {
        const x = columns[column];
        const side = Math.max(2, reach * 0.8);
        const here = luma(x, y);
        const ridge = here - 0.5 * Math.min(luma(x, y - side), luma(x, y + side) + 15);
        return here * 0.5 + ridge * 0.5 + 6 * (offset / (reach || 1)) ** 2;
      },
    });
    return this.#smoothed(path);
  }

  /**
   * The edges of the darkness between lips that their landmarks take for closed.
   * @param seam the line through it
   * @returns undefined for lips that touch
   */
  slit(seam: Curve, guess: LipGuess): LipEdges | undefined {
    const luma = (x: number, y: number) =>
      smoothLumaAt(this.#picture, ...toPicture(this.#frame, x, y));
    const furthest = 0.15 * this.#halfWidth;
    const heights = this.#columns.map((x) => {
      const line = seam(x);
      const lips = Math.min(
        luma(x, mix(guess.upperOuter(x), line, 0.4)),
        luma(x, mix(guess.lowerOuter(x), line, 0.5)),
      );
      const dark = luma(x, line);
      if (dark > SLIT.dark * lips) return [0, 0] as const;
      // A shadow between lips fades; a slit is dark up to its edges.
      const limit = mix(dark, lips, 0.25);
      const reach = (sign: number) => {
        let away = 0;
        while (away < furthest && luma(x, line + sign * away) < limit) away += STEP;
        return away;
      };
      return [reach(-1), reach(1)] as const;
    });
    const inner = heights.slice(COLUMNS / 4, -COLUMNS / 4).map(([up, down]) => up + down);
    if (percentile(inner, 0.5) < SLIT.least * this.#halfWidth) return undefined;
    const edge = (side: 0 | 1) =>
      this.#smoothed(
        this.#columns.map((x, i) => seam(x) + (side === 0 ? -1 : 1) * heights[i][side]),
      );
    const [upper, lower] = this.#apart(edge(0), edge(1));
    return { upper, lower, upperRest: () => 0, lowerRest: () => 0 };
  }

  /**
   * Half the width of lips that are apart: further out than their landmarks where what is seen
   * between them goes on there.
   */
  width(guess: LipGuess): number {
    const colours = new MouthColours(this.#picture, this.#frame, this.#halfWidth, guess);
    const isInside = (x: number): boolean =>
      [-0.05, 0, 0.05].filter((y) => colours.inside(x, y * this.#halfWidth) > 0.6).length > 1;
    let furthest = this.#halfWidth;
    for (const side of [-1, 1]) {
      let x = this.#halfWidth;
      while (x < (1 + BEYOND_LIP) * this.#halfWidth && isInside(side * x)) x += STEP;
      // A wider mouth ends where its inside does.
      if (x > this.#halfWidth + STEP) furthest = Math.max(furthest, x + 0.08 * this.#halfWidth);
    }
    return furthest;
  }

  /**
   * The edges of lips that are apart. Every column of pixels is split into upper lip, inside and lower
   * lip so that as much as possible is on the side whose colours it has (nearest of the colours that
   * lips, skin and inside have nearby), while the edges stay smooth and near their landmarks.
   */
  edges(guess: LipGuess): LipEdges {
    const columns = this.#columns;
    const doubt = new MouthColours(this.#picture, this.#frame, this.#halfWidth, guess);
    const gap = guess.lowerInner(0) - guess.upperInner(0);
    const trusted = clamp(gap, 0.04 * this.#halfWidth, TRUST * this.#halfWidth);
    const middles = columns.map((x) => (guess.upperInner(x) + guess.lowerInner(x)) / 2);
    // A tongue looks like a lip, so only towards the corners may the lips be closer than landmarks say.
    const inwards = columns.map((x) =>
      mix(PRICES.inwards, 1.5, smoothstep(0.4, 0.7, Math.abs(x) / this.#halfWidth)),
    );
    const trace = (sign: 1 | -1): number[] => {
      const inner = sign > 0 ? guess.lowerInner : guess.upperInner;
      const outer = sign > 0 ? guess.lowerOuter : guess.upperOuter;
      const limits = columns.map((x) => outer(x) + sign * BEYOND_LIP * this.#halfWidth);
      const sums = columns.map((x, i) =>
        sideSums(middles[i], limits[i], sign, (y) => doubt.inside(x, y) + BIAS),
      );
      const landmarks = columns.map(inner);
      const scale = 100 / this.#halfWidth;
      const near = (from: readonly number[], furthest: number) =>
        cheapestPath({
          columns,
          guess: from,
          reach: columns.map(() => furthest * this.#halfWidth),
          bend: PRICES.bend,
          steepest: 2,
          price: (column, y, offset) => {
            const depth = sign * (y - middles[column]);
            if (depth < -STEP || sign * (limits[column] - y) < -STEP) return 1e6;
            const place = Math.max(0, depth) / STEP;
            const wrong = sums[column][Math.min(sums[column].length - 1, Math.round(place))];
            const own = y - landmarks[column];
            const isInwards = sign * own < 0;
            const away = Math.abs(isInwards ? own : offset) / trusted;
            const trust = (away < 1 ? away * away : 2 * away - 1) * PRICES.trust;
            return scale * wrong + trust * (isInwards ? inwards[column] : 1);
          },
        });
      // Landmarks that were far off held the edge back.
      return near(near(landmarks, FURTHEST), TRUST);
    };
    const [upper, lower] = this.#apart(this.#smoothed(trace(-1)), this.#smoothed(trace(1)));
    // What is left of the lips within the edges.
    const rest = (edge: Curve, sign: 1 | -1) =>
      columns.map((x) => {
        const most = Math.min(0.3 * (lower(x) - upper(x)), 0.08 * this.#halfWidth);
        let away = 0;
        while (away < most && doubt.inside(x, edge(x) + sign * away) < SURELY_LIP) away += STEP;
        return away;
      });
    return {
      upper,
      lower,
      upperRest: this.#curve(rest(upper, 1)),
      lowerRest: this.#curve(rest(lower, -1)),
    };
  }

  /** Edges without what is blurred between lip and inside; at the corners they are one. */
  #apart(above: Curve, below: Curve): [upper: Curve, lower: Curve] {
    const apart = (x: number) => 1 - smoothstep(0.93, 1, Math.abs(x) / this.#halfWidth);
    return [
      (x) => apart(x) * Math.min(above(x) - EDGE_BLUR, below(x)),
      (x) => apart(x) * Math.max(above(x), below(x) + EDGE_BLUR),
    ];
  }

  #curve(values: readonly number[]): Curve {
    return curveThrough(this.#columns.map((x, i) => [x, values[i]] as const));
  }

  #smoothed(path: readonly number[]): Curve {
    const at = (i: number) => path[clamp(i, 0, COLUMNS - 1)];
    return this.#curve(path.map((_, i) => (at(i - 1) + 2 * at(i) + at(i + 1)) / 4));
  }
}

/**
 * For every place of an edge between the middle of the mouth and a limit: how much is on the wrong
 * side, in pixels. What looks like inside should lie before the edge, the rest behind it.
 */
function sideSums(
  middle: number,
  limit: number,
  sign: 1 | -1,
  inside: (y: number) => number,
): Float64Array {
  const steps = Math.max(1, Math.ceil((sign * (limit - middle)) / STEP));
  const sums = new Float64Array(steps + 1);
  // Against an edge at the middle: all that looks like inside is wrong there.
  for (let k = 0; k < steps; k++)
    sums[k + 1] = sums[k] - STEP * inside(middle + sign * (k + 0.5) * STEP);
  return sums;
}

/** Tells lips and skin from the inside of one mouth by colour. */
class MouthColours {
  readonly #picture: Picture;
  readonly #frame: LocalFrame;
  readonly #inside: Feature[];
  /** Mean colours of lip and skin, upper and lower, by column. */
  readonly #around: Feature[][];
  readonly #halfWidth: number;

  constructor(picture: Picture, frame: LocalFrame, halfWidth: number, guess: LipGuess) {
    this.#picture = picture;
    this.#frame = frame;
    this.#halfWidth = halfWidth;
    const xs = Array.from({ length: 33 }, (_, i) => mix(-0.85, 0.85, i / 32) * halfWidth);
    const across = (from: (x: number) => number, to: (x: number) => number, shares: number[]) =>
      xs.map((x) => shares.map((share) => this.#feature(x, mix(from(x), to(x), share))));
    const shares = [0.2, 0.35, 0.5, 0.65, 0.8];
    this.#inside = kinds(across(guess.upperInner, guess.lowerInner, shares).slice(3, -3).flat());
    const lip = [0.12, 0.2, 0.28, 0.36];
    const skin = [0, 0.5, 1];
    const beyond = (outer: Curve, sign: 1 | -1, reach: number) => (x: number) =>
      outer(x) + sign * reach * halfWidth;
    const bands = [
      across(guess.upperOuter, guess.upperInner, lip),
      across(guess.lowerOuter, guess.lowerInner, lip),
      across(beyond(guess.upperOuter, -1, 0.18), beyond(guess.upperOuter, -1, 0.3), skin),
      across(beyond(guess.lowerOuter, 1, 0.18), beyond(guess.lowerOuter, 1, 0.3), skin),
    ].map((band) => spreadOut(xs, band, 0.2 * halfWidth));
    // A lip that looks like what is behind it has been missed; it is taken to look like the other one,
    // and so is the skin.
    for (const [upper, lower] of [bands.slice(0, 2), bands.slice(2)]) {
      for (let i = 0; i < xs.length; i++) {
        const [a, b] = [this.#toInside(upper[i]), this.#toInside(lower[i])];
        if (a < 0.5 * b && a < 40) upper[i] = lower[i];
        else if (b < 0.5 * a && b < 40) lower[i] = upper[i];
      }
    }
    this.#around = xs.map((_, i) => bands.map((band) => band[i]));
  }

  /** From −1, surely lip or skin, to 1, surely what is behind them. */
  inside(x: number, y: number): number {
    const colour = this.#feature(x, y);
    const place = clamp((x / this.#halfWidth / 0.85 + 1) / 2) * (this.#around.length - 1);
    const outside = Math.min(
      ...this.#around[Math.round(place)].map((other) => distance(colour, other)),
    );
    const inside = this.#toInside(colour);
    return (outside - inside) / (outside + inside + NOISE);
  }

  #toInside(colour: Feature): number {
    return Math.min(...this.#inside.map((kind) => distance(colour, kind)));
  }

  /** Mean of a pixel's surroundings as luma and weighted differences of colour. */
  #feature(x: number, y: number): Feature {
    const { data, width, height } = this.#picture;
    const [px, py] = toPicture(this.#frame, x, y);
    const column = clamp(Math.round(px), 1, Math.max(1, width - 2));
    const row = clamp(Math.round(py), 1, Math.max(1, height - 2));
    let [r, g, b] = [0, 0, 0];
    for (const place of [0, 0, -1, 1, -width, width]) {
      const at = 3 * clamp(row * width + column + place, 0, width * height - 1);
      r += data[at] / 6;
      g += data[at + 1] / 6;
      b += data[at + 2] / 6;
    }
    const luma = 0.299 * r + 0.587 * g + 0.114 * b;
    return [luma, CHROMA * (r - luma), CHROMA * (b - luma)];
  }
}

function distance(a: Feature, b: Feature): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/** Means along x, weighted by nearness. */
function spreadOut(xs: readonly number[], band: Feature[][], sigma: number): Feature[] {
  return xs.map((x) => {
    const sum = [0, 0, 0, 0];
    for (const [i, colours] of band.entries()) {
      const weight = Math.exp(-(((xs[i] - x) / sigma) ** 2) / 2);
      for (const colour of colours) {
        for (let k = 0; k < 3; k++) sum[k] += weight * colour[k];
        sum[3] += weight;
      }
    }
    return [sum[0] / sum[3], sum[1] / sum[3], sum[2] / sum[3]] as const;
  });
}

/** Up to three kinds of colour among many (k-means by Lloyd 1982, begun at quantiles of luma). */
function kinds(colours: readonly Feature[]): Feature[] {
  const sorted = [...colours].sort((a, b) => a[0] - b[0]);
  let centres = [0.1, 0.5, 0.9].map((share) => sorted[Math.floor(share * (sorted.length - 1))]);
  let counts: number[] = [];
  for (let round = 0; round < 8; round++) {
    const sums = centres.map(() => [0, 0, 0]);
    counts = centres.map(() => 0);
    for (const colour of colours) {
      const away = centres.map((centre) => distance(colour, centre));
      const nearest = away.indexOf(Math.min(...away));
      counts[nearest]++;
      for (let k = 0; k < 3; k++) sums[nearest][k] += colour[k];
    }
    centres = centres.map((centre, i) => {
      const [a, b, c] = sums[i];
      return counts[i] > 0 ? [a / counts[i], b / counts[i], c / counts[i]] : centre;
    });
  }
  // A few pixels of lip among them are no kind of their own.
  return centres.filter((_, i) => counts[i] >= 0.08 * colours.length);
}
