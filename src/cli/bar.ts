/** What the progress bars of the command line have in common. */
import type { WriteStream } from 'node:tty';

export type BarStream = Pick<WriteStream, 'write'> & { isTTY?: boolean; columns?: number };

export const BAR_WIDTH = 24;
/** Milliseconds between two drawings. */
export const BAR_INTERVAL = 100;
/** Without a terminal a line is printed for each quarter. */
const STEPS = 4;

/** The quarter that a share 0…1 lies in. */
export function barStep(share: number): number {
  return Math.floor(share * STEPS);
}

/** A bar that is full to a share 0…1, so many characters wide. */
export function drawBar(share: number, width = BAR_WIDTH): string {
  const full = Math.round(share * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}
