/**
 * Mel windows on which 8-bit networks are calibrated: made-up speech, so that the ranges of a face do
 * not depend on what it says first and one calibration serves all that it will ever say. Vowels of
 * two voices, hisses, bursts, and silence, soft to loud.
 */

const BANDS = 80;
const COLUMNS = 16;
const WINDOW = BANDS * COLUMNS;
/** Ends of the mel spectrogram's scale. */
const [SILENT, LOUD] = [-4, 4];

interface Sound {
  /** Mel bands of its formants, or where its noise lies. */
  peaks: readonly number[];
  /** Bands that a peak is wide. */
  width: number;
  /** Fall from band to band. */
  tilt: number;
  /** Bands between two harmonics; 0 for noise. */
  harmonics: number;
}

/** Formants of a, e, i, o, u (Peterson and Barney 1952) as mel bands. */
const VOWELS = [
  [18, 28, 49],
  [12, 42, 50],
  [5, 48, 56],
  [13, 21, 49],
  [6, 22, 47],
];

const SOUNDS: readonly Sound[] = [
  ...VOWELS.map((peaks) => ({ peaks, width: 4, tilt: 0.035, harmonics: 2.2 })),
  ...VOWELS.map((peaks) => ({
    peaks: peaks.map((p) => p + 2),
    width: 5,
    tilt: 0.03,
    harmonics: 4,
  })),
  { peaks: [72], width: 12, tilt: 0, harmonics: 0 },
  { peaks: [60], width: 9, tilt: 0, harmonics: 0 },
];

/** Loudness of the sounds in turn: added to the spectrogram. */
const LOUDNESS = [0, 1.2, -1.2, 2, 0.6];

/** Number of windows in {@link calibrationSound}. */
export const CALIBRATION_WINDOWS = SOUNDS.length + 2;

/** Windows of 80 × 16 one after the other: each sound begins and ends, then silence, then noise. */
export function calibrationSound(): Float32Array {
  const windows = new Float32Array(CALIBRATION_WINDOWS * WINDOW).fill(SILENT);
  SOUNDS.forEach((sound, i) => {
    const next = SOUNDS[(i + 1) % SOUNDS.length];
    const window = windows.subarray(i * WINDOW, (i + 1) * WINDOW);
    const loudness = LOUDNESS[i % LOUDNESS.length];
    for (let at = 0; at < WINDOW; at++) {
      const [band, column] = [Math.floor(at / COLUMNS), at % COLUMNS];
      // A second sound takes over in every window, later and later.
      const first = level(sound, band, loudness) * swell(column - i, 9);
      const second = level(next, band, loudness) * swell(column - i - 8, 7);
      window[at] = Math.min(LOUD, SILENT + Math.max(first, second));
    }
  });
  const noise = windows.subarray(-WINDOW);
  for (let at = 0; at < WINDOW; at++) noise[at] = 1.5 * Math.sin(at * at * 0.7);
  return windows;
}

/** Above silence. */
function level({ peaks, width, tilt, harmonics }: Sound, band: number, loudness: number): number {
  const resonance = Math.max(...peaks.map((peak) => Math.exp(-(((band - peak) / width) ** 2))));
  const ripple = harmonics ? 0.5 * Math.cos((2 * Math.PI * band) / harmonics) : 0;
  const ground = harmonics ? 2.2 : 0.8;
  return Math.max(0, ground + loudness + 3 * resonance + ripple - tilt * band);
}

/** Rises and falls in so many columns; comes again after a pause. */
function swell(column: number, length: number): number {
  const at = ((column % 20) + 20) % 20;
  return at < length ? Math.sin((Math.PI * (at + 0.5)) / length) ** 0.5 : 0;
}
