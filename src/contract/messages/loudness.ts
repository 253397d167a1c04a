import type { LoudnessNote } from '../loudness-note';

/** The file beside a normalised speech that holds its {@link LoudnessOverTime} as JSON. */
export const LOUDNESS_FILE = 'loudness.json';

/** Loudness over time in LUFS; null stands for silence. Point i is the window that begins at i × step. */
export interface LoudnessSeries {
  /** Seconds. */
  step: number;
  /** Windows of 0.4 s. */
  momentary: (number | null)[];
  /** Windows of 3 s; empty for shorter sounds. */
  shortTerm: (number | null)[];
}

/** Of what came, and of what was made of it. */
export interface LoudnessOverTime {
  before: LoudnessSeries;
  after: LoudnessSeries;
}

/** One EBU R128 measurement. `null` stands for "too quiet or too short to measure". */
export interface LoudnessMeasure {
  integrated: number | null;
  range: number | null;
  truePeak: number | null;
}

/** What loudness normalisation measured and did. The upper fields describe the result. */
export interface SpeechLoudness extends LoudnessMeasure {
  target: number;
  /** Gain in dB, where one gain was applied to the whole. */
  gain: number;
  /** `linear`: one gain; `dynamic`: limited where needed; `none`: left as it was. */
  mode: 'linear' | 'dynamic' | 'none';
  before: LoudnessMeasure;
  /** Said when something was out of the ordinary: silent, very short, clipped; and the same in words. */
  notes?: LoudnessNote[];
  note?: string;
}
