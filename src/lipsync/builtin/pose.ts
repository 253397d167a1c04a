/** What the face does at one moment: the few numbers between speech and picture. */
import { SHAPE_CHANNELS } from '../../phonetics/visemes';

/** Channels of a pose. All run from 0 to 1; all zero is the portrait at rest. */
export const CHANNELS = [
  ...SHAPE_CHANNELS,
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
