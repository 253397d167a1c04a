/** What was out of the ordinary with a sound, for flows and dialogs; and the same in words. */
export type LoudnessNote =
  | { type: 'silent' }
  /** Samples at full scale, in so many places. */
  | { type: 'clipped'; samples: number; places: number }
  /** Values that are not numbers. */
  | { type: 'notNumbers'; values: number }
  /** A constant offset, in percent of full scale. */
  | { type: 'offset'; percent: number }
  | { type: 'short' }
  /** Loudness range in LU, before and as asked for. */
  | { type: 'levelled'; before: number; range: number }
  /** How far peaks were limited at most, in dB. */
  | { type: 'limited'; decibels: number }
  /** LUFS and dBTP that cannot be had together. */
  | { type: 'outOfReach'; integrated: number; truePeak: number };

/** A note as an English sentence without its full stop. */
export function noteInWords(note: LoudnessNote): string {
  switch (note.type) {
    case 'silent':
      return 'silent or below -70 LUFS: left as it was';
    case 'clipped': {
      const places = note.places === 1 ? 'one place' : `${note.places} places`;
      return `came clipped: ${note.samples} samples at full scale in ${places}`;
    }
    case 'notNumbers':
      return `${note.values} values that are not numbers became silence`;
    case 'offset':
      return `a constant offset of ${note.percent.toFixed(1)} % was removed`;
    case 'short':
      return 'shorter than 0.4 s: set by its mean level, as it has no integrated loudness';
    case 'levelled':
      return `loudness range ${note.before.toFixed(1)} LU evened out to ${note.range} LU`;
    case 'limited':
      return `peaks limited by up to ${note.decibels.toFixed(1)} dB`;
    case 'outOfReach':
      return `${note.integrated} LUFS is out of reach under ${note.truePeak} dBTP`;
  }
}
