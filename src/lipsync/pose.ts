/** What the face does at one moment: the few numbers between speech and picture. */

/** Channels of a pose. All run from 0 to 1; all zero is the portrait at rest. */
export const CHANNELS = [
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
  /** Speech rather than the portrait's own expression. */
  'active',
  /** Eyelids closed. */
  'blink',
] as const;

export type Channel = (typeof CHANNELS)[number];
export type Pose = Record<Channel, number>;

/** The portrait at rest. */
export function restPose(): Pose {
  return Object.fromEntries(CHANNELS.map((channel) => [channel, 0])) as Pose;
}

/** Slow movement of the whole head, in pixels and radians. */
export interface HeadPose {
  x: number;
  y: number;
  roll: number;
}

/** Below this a channel moves no pixel by a visible amount. */
const STILL = 1e-3;

/** True when nothing is moved, so that the frame is the portrait itself. */
export function isRest(pose: Pose): boolean {
  return CHANNELS.every((channel) => pose[channel] < STILL);
}
