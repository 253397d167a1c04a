/** A limit from the environment, where that is a number above zero. */
function setting(name: string, usual: number): number {
  const value = Number(process.env[name]);
  return value > 0 && Number.isFinite(value) ? value : usual;
}

/** Limits of inputs, which a studio can set. */
export interface InputLimits {
  /** Longest sound or video. */
  seconds: number;
  /** Largest picture. */
  pixels: number;
  /** Largest picture file, Buffer or download. */
  bytes: number;
}

/**
 * The defaults: `LIPWIRE_MAX_SECONDS`, `LIPWIRE_MAX_PIXELS` and
 * `LIPWIRE_MAX_BYTES` in the environment, else 4 hours, 100 million pixels and 256 MiB.
 */
export const INPUT_LIMITS: Readonly<InputLimits> = {
  seconds: setting('LIPWIRE_MAX_SECONDS', 4 * 3600),
  pixels: setting('LIPWIRE_MAX_PIXELS', 100_000_000),
  bytes: setting('LIPWIRE_MAX_BYTES', 256 * 1024 * 1024),
};

/** The most that a studio may set; Node.js reads no file beyond 2 GiB at once. */
export const HIGHEST_INPUT_LIMITS: Readonly<InputLimits> = {
  seconds: 100 * 3600,
  pixels: 1_000_000_000,
  bytes: 2000 * 1024 * 1024,
};

/** The environment of a process with these limits. */
export function limitsEnvironment({ seconds, pixels, bytes }: InputLimits): NodeJS.ProcessEnv {
  return {
    LIPWIRE_MAX_SECONDS: String(seconds),
    LIPWIRE_MAX_PIXELS: String(pixels),
    LIPWIRE_MAX_BYTES: String(bytes),
  };
}

/**
 * Limits that protect Node-RED and the disk. Those of inputs are exact in the worker process, which has
 * its studio's; on Node-RED's thread, which may have several studios, the studio checks them.
 */
export const LIMITS = {
  /** Longest text in characters (UTF-16 units). */
  textLength: 1_000_000,
  /** Longest sound or video, in seconds. */
  duration: INPUT_LIMITS.seconds,
  /** Longest duration in a message, in seconds: the most that can be set. */
  claimedDuration: Math.max(INPUT_LIMITS.seconds, HIGHEST_INPUT_LIMITS.seconds),
  /** Largest picture, in pixels. */
  pixels: INPUT_LIMITS.pixels,
  /** Largest picture file, in bytes. */
  bufferBytes: INPUT_LIMITS.bytes,
  /** Largest frame of a portrait video, in pixels: 8K. */
  videoPixels: Math.min(7680 * 4320, INPUT_LIMITS.pixels),
  /** Downloads of portraits and sounds: seconds altogether, seconds without a byte, redirects. */
  web: { seconds: 120, stall: 20, redirects: 5 },
  /** Parts of one text that stitch collects. */
  parts: 10_000,
  /** Waiting messages of a studio, by default. */
  waiting: 20_000,
  /** Texts that stitch collects at once, and clips that it holds altogether. */
  collectedTexts: 100,
  heldClips: 20_000,
  /** Largest video that is rendered, in pixels: 1080p, either way up. */
  renderedLongSide: 1920,
  renderedShortSide: 1080,
  /** Hz. */
  sampleRate: { min: 4000, max: 384_000 },
} as const;
