/** A limit from the environment, where that has a number above zero. */
function setting(name: string, usual: number): number {
  const value = Number(process.env[name]);
  return value > 0 && Number.isFinite(value) ? value : usual;
}

/**
 * Limits that protect Node-RED and the disk. One place, so that they can be found and argued about.
 * `LIPWIRE_MAX_SECONDS`, `LIPWIRE_MAX_PIXELS` and `LIPWIRE_MAX_BYTES` in the environment of Node-RED
 * set those of what comes from outside.
 */
export const LIMITS = {
  /** Longest text in characters (UTF-16 units). */
  textLength: 1_000_000,
  /** Longest sound or video, in seconds. */
  duration: setting('LIPWIRE_MAX_SECONDS', 4 * 3600),
  /** Largest picture, in pixels. */
  pixels: setting('LIPWIRE_MAX_PIXELS', 100_000_000),
  /** Largest picture, sound or video handed over as a Buffer, in bytes. */
  bufferBytes: setting('LIPWIRE_MAX_BYTES', 256 * 1024 * 1024),
  /** Largest frame of a video that is taken as a portrait, in pixels: 8K. */
  videoPixels: Math.min(7680 * 4320, setting('LIPWIRE_MAX_PIXELS', 100_000_000)),
  /** Most parts of one text that stitch collects. */
  parts: 10_000,
  /** Most messages that wait in a studio, where its setting says nothing else. */
  waiting: 20_000,
  /** Texts that stitch collects at once, and clips that it holds altogether. */
  collectedTexts: 100,
  heldClips: 20_000,
  /** Largest video that is rendered, in pixels: 1080p, either way up. */
  renderedLongSide: 1920,
  renderedShortSide: 1080,
  /** Smallest and largest sample rate that is taken, in Hz. */
  sampleRate: { min: 4000, max: 384_000 },
} as const;

/**
 * Longest times that stages may take, in seconds: `base`, and `each` for every thousand characters of a
 * text or every second of a sound or video. Far more than slow machines need, so that what takes longer
 * hangs. A studio's setting multiplies them.
 */
export const TIME_LIMITS = {
  'text-segment': { base: 60, each: 1 },
  tts: { base: 60, each: 60 },
  loudnorm: { base: 60, each: 2 },
  // Networks are converted when they are first used.
  'face-detect': { base: 240, each: 30 },
  wav2lip: { base: 300, each: 60 },
  stitch: { base: 120, each: 20 },
  'hls-export': { base: 120, each: 40 },
} as const;
