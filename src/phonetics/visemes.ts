/** From articulatory features to mouth shapes. */
import type { Consonant, Segment, Vowel } from './ipa';

/** Channels that phonemes set. */
export const SHAPE_CHANNELS = [
  /** How far the lips are parted. */
  'open',
  /** How far the jaw is down. */
  'jaw',
  /** Lips rounded and forward: u, o, w. */
  'round',
  /** Corners drawn apart: i, e. */
  'wide',
  /** Lips pressed together: m, b, p. */
  'closure',
  /** Lower lip under the upper teeth: f, v. */
  'tuck',
  /** Teeth nearly together and shown: s, z, sh. */
  'teeth',
  /** Tongue tip raised to the upper teeth: l, n, t, d, th. */
  'tongue',
] as const;
export type ShapeChannel = (typeof SHAPE_CHANNELS)[number];

/** One articulation: where it wants each channel, and how strongly it insists (0…1). */
export interface Viseme {
  target: Record<ShapeChannel, number>;
  /** Dominance of Cohen and Massaro: how far it prevails over its neighbours. */
  dominance: Record<ShapeChannel, number>;
}

/** The mouth shape of a segment. */
export function visemeOf(segment: Segment): Viseme {
  return segment.kind === 'vowel' ? vowel(segment) : consonant(segment);
}

/** Vowels: jaw by height, lips by rounding and backness. */
function vowel({ height, backness, rounded, length }: Vowel): Viseme {
  const stress = Math.min(1.15, 0.85 + 0.15 * length);
  const open = (rounded ? 0.4 + 0.4 * height : 0.42 + 0.58 * height) * stress;
  return viseme(
    {
      open: Math.min(1, open),
      jaw: Math.min(1, (0.14 + 0.8 * height) * stress),
      round: rounded ? 1 - 0.45 * height : 0,
      wide: rounded ? 0 : Math.max(0, 1 - 1.05 * height) * (1 - 0.8 * backness),
    },
    // The neutral vowel takes its neighbours' shape.
    {
      open: 0.9,
      jaw: 0.9,
      round: rounded ? 1 : 0.6,
      wide: 0.75,
      tuck: 0.5,
      teeth: 0.6,
      tongue: 0.5,
      closure: 0.5,
    },
  );
}

function consonant({ place, manner, rounded }: Consonant): Viseme {
  const lips = rounded ? 0.75 : 0;
  const lipDominance = rounded ? 0.9 : 0.15;
  switch (place) {
    case 'bilabial':
      if (manner === 'fricative') {
        return viseme({ open: 0.06, jaw: 0.1, round: 0.15 }, { open: 0.9, jaw: 0.5, round: 0.2 });
      }
      return viseme(
        { open: 0, jaw: 0.06, closure: 1, round: lips },
        { open: 1, jaw: 0.6, closure: 1, round: rounded ? 0.8 : 0.1, wide: 0.1, teeth: 0.6 },
      );
    case 'labiodental':
      return viseme(
        { open: 0.1, jaw: 0.1, tuck: 1 },
        { open: 1, jaw: 0.6, tuck: 1, round: 0.2, wide: 0.15, teeth: 0.5 },
      );
    case 'dental':
      return viseme(
        { open: 0.2, jaw: 0.14, tongue: 1, teeth: 0.4 },
        { open: 0.7, jaw: 0.6, tongue: 1, teeth: 0.6, round: 0.15, wide: 0.15 },
      );
    case 'alveolar':
      if (manner === 'fricative') {
        return viseme(
          { open: 0.15, jaw: 0.05, teeth: 1, wide: 0.35, round: lips },
          { open: 0.8, jaw: 0.85, teeth: 1, wide: 0.25, round: lipDominance },
        );
      }
      return viseme(
        {
          open: manner === 'lateral' ? 0.26 : 0.14,
          jaw: manner === 'lateral' ? 0.18 : 0.08,
          tongue: 1,
          teeth: manner === 'stop' ? 0.4 : 0.2,
          round: lips,
        },
        { open: 0.8, jaw: 0.8, tongue: 1, teeth: 0.4, round: lipDominance, wide: 0.1 },
      );
    case 'postalveolar':
      return viseme(
        {
          open: 0.19,
          jaw: 0.08,
          teeth: manner === 'fricative' ? 0.9 : 0.3,
          round: rounded ? 0.6 : 0.25,
          tongue: 0.3,
        },
        { open: 0.8, jaw: 0.8, teeth: 0.9, round: 0.7, wide: 0.4, tongue: 0.4 },
      );
    case 'palatal':
      return viseme(
        {
          open: 0.22,
          jaw: 0.12,
          wide: rounded ? 0 : 0.6,
          round: rounded ? 0.8 : 0,
          teeth: manner === 'fricative' ? 0.6 : 0.2,
        },
        { open: 0.5, jaw: 0.5, wide: 0.5, round: rounded ? 0.9 : 0.3, teeth: 0.4 },
      );
    case 'velar':
      if (rounded) {
        return viseme(
          { open: 0.17, jaw: 0.12, round: 1 },
          { open: 0.95, jaw: 0.6, round: 1, wide: 0.6, teeth: 0.4 },
        );
      }
      return viseme({ open: 0.18, jaw: 0.14 }, { open: 0.6, jaw: 0.6 });
    case 'uvular':
      return viseme({ open: 0.2, jaw: 0.17 }, { open: 0.6, jaw: 0.6, wide: 0.1, round: 0.1 });
    case 'pharyngeal':
      // The root of the tongue draws back, which the jaw makes room for.
      return viseme({ open: 0.45, jaw: 0.45 }, { open: 0.7, jaw: 0.7, wide: 0.1, round: 0.1 });
    case 'glottal':
      // Made in the throat: the mouth is already where the next sound wants it.
      return viseme({ open: 0.35, jaw: 0.3 }, { open: 0.1, jaw: 0.1 });
  }
}

function viseme(
  target: Partial<Record<ShapeChannel, number>>,
  dominance: Partial<Record<ShapeChannel, number>>,
): Viseme {
  return { target: complete(target, 0), dominance: complete(dominance, 0.3) };
}

function complete(values: Partial<Record<ShapeChannel, number>>, otherwise: number) {
  return Object.fromEntries(
    SHAPE_CHANNELS.map((channel) => [channel, values[channel] ?? otherwise]),
  ) as Record<ShapeChannel, number>;
}
