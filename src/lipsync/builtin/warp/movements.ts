/** The movements of a mouth, each as a field over the resting face. */
import { meetingLine, openingProfile, ovalProfile } from './lips';
import {
  aboveLip,
  belowLip,
  CORNER_DROP,
  cornerDrop,
  cornerPull,
  jawShare,
  thickening,
  tightening,
  type Place,
} from './falloff';

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

/** What each movement does to the sheet above the lips and to the one below them. */
export const FIELDS: Record<keyof MouthWeights, { upper: PlacedField; lower: PlacedField }> = {
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
      return [0, corner + (1 - corner) * jawShare(place, x, y)];
    },
  },
  close: {
    upper: (place, x, y) => {
      const { mouth } = place;
      if (!mouth.isOpen || Math.abs(x) >= mouth.halfWidth) return [0, 0];
      return [0, (meetingLine(mouth, x) - mouth.upperInner(x)) * aboveLip(place, x, y)];
    },
    lower: (place, x, y) => {
      const { mouth } = place;
      if (!mouth.isOpen || Math.abs(x) >= mouth.halfWidth) return [0, 0];
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
