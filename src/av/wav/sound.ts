/** Samples by channel; floats are -1…1, whole numbers are 16 bit. All channels are equally long. */
export interface WavSound<S extends Float32Array | Int16Array = Float32Array> {
  /** Hz. */
  sampleRate: number;
  channels: S[];
}

/** What is no number is silence. */
export function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}
