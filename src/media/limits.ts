/** Limits that protect Node-RED and the disk. One place, so that they can be found and argued about. */
export const LIMITS = {
  /** Longest text in characters (UTF-16 units). */
  textLength: 1_000_000,
  /** Longest sound or video, in seconds. */
  duration: 4 * 3600,
  /** Largest picture, in pixels. */
  pixels: 100_000_000,
  /** Largest picture, sound or video handed over as a Buffer, in bytes. */
  bufferBytes: 256 * 1024 * 1024,
  /** Largest frame of a video that is taken as a portrait, in pixels: 8K. */
  videoPixels: 7680 * 4320,
  /** Most parts of one text that stitch collects. */
  parts: 10_000,
  /** Largest video that is rendered, in pixels: 1080p, either way up. */
  renderedLongSide: 1920,
  renderedShortSide: 1080,
  /** Smallest and largest sample rate that is taken, in Hz. */
  sampleRate: { min: 4000, max: 384_000 },
} as const;
