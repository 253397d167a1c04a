/** Bounds of what a checkpoint may ask for. The largest real ones stay a factor of ten below. */
export const CHECKPOINT_LIMITS = {
  /** Steps of one pickle; a Wav2Lip checkpoint with its optimiser takes about 30 000. */
  steps: 1_000_000,
  /** Bytes of all strings of one pickle. */
  textBytes: 16 * 1024 * 1024,
  /** Dimensions of a tensor. */
  dimensions: 8,
  /** Values of one tensor; the largest of Wav2Lip has 4.7 million. */
  values: 32 * 1024 * 1024,
  /** Bytes from the first to the last value of a tensor that is not laid out in one piece. */
  spanBytes: 256 * 1024 * 1024,
  /** Entries and directory size of a zip archive. */
  entries: 50_000,
  directoryBytes: 16 * 1024 * 1024,
} as const;
