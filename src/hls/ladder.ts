/** Which renditions a stream has, and how long its segments are. */
import { fpsOf, inputError, LIMITS } from '../contract';
import { even } from '../av/encoding';
import type { HlsSource } from './source';

/** Usual sizes, as the shorter side in pixels. */
const LADDER = [1080, 720, 480, 360];

export interface LadderStep {
  /** Folder and name, for example `720p`. */
  name: string;
  width: number;
  height: number;
  /** The source's own frames, without encoding them again. */
  isCopy: boolean;
}

/**
 * Sizes that a user asked for, highest first.
 * @throws E_INPUT for anything but numbers with commas or spaces between them
 */
export function parseRenditions(text: string): number[] {
  const sizes = text
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map((part) => Number(part.replace(/p$/i, '')));
  for (const size of sizes) {
    if (!Number.isInteger(size) || size < 16 || size > 4320) {
      throw inputError('renditions', 'heights such as "720, 480"', text);
    }
  }
  return [...new Set(sizes)].sort((a, b) => b - a);
}

/**
 * The renditions of a source, largest first. Sizes count on the shorter side, so that a portrait
 * video has them too; none is larger than the source, and there is always one.
 * @param wanted sizes asked for; none: the source's own and the usual ones below it
 */
export function chooseRenditions(source: HlsSource, wanted: readonly number[]): LadderStep[] {
  const own = Math.min(source.width, source.height);
  const top = Math.min(own, LIMITS.renderedShortSide);
  const asked = wanted.filter((size) => size <= own);
  const usual = [top, ...LADDER.filter((size) => size < top)];
  const sizes = wanted.length === 0 ? usual : asked.length === 0 ? [top] : asked;
  return sizes.map((size) => {
    const scale = size / own;
    return {
      name: `${size}p`,
      // A foreign video may have odd sides, which 4:2:0 cannot.
      width: even(source.width * scale),
      height: even(source.height * scale),
      isCopy: size === own,
    };
  });
}

/**
 * Frames of a segment: as many whole groups of pictures as fit into the wanted length, where the
 * source's groups can be kept; else as the length says.
 */
export function segmentFrames(
  source: HlsSource,
  seconds: number,
): { frames: number; keepsGroups: boolean } {
  const wanted = Math.max(1, Math.round(seconds * fpsOf(source.rate)));
  const group = source.keyFrames;
  if (group === undefined || group > wanted) return { frames: wanted, keepsGroups: false };
  return { frames: Math.floor(wanted / group) * group, keepsGroups: true };
}
