/** Which renditions a stream has, and how long its segments are. */
import { fpsOf, inputError, LIMITS, LipwireError } from '../contract';
import { even } from '../av/encoding';
import type { HlsSource } from './source';
import { open, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { readPlaylist } from './playlists';

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

interface MeasuredRendition {
  segments: number;
  duration: number;
  /** Bits a second: of the largest segment, and on average. */
  bandwidth: number;
  averageBandwidth: number;
  /** RFC 6381, of the picture. */
  videoCodec: string;
}

/** @throws E_INTERNAL when a segment is missing or the playlist is not whole */
export async function measureRendition(playlist: string): Promise<MeasuredRendition> {
  const { segments, map, ended } = readPlaylist(await readFile(playlist, 'utf8'));
  const folder = path.dirname(playlist);
  if (segments.length === 0 || !ended) throw incomplete('a playlist without an end');
  let bytes = 0;
  let duration = 0;
  let bandwidth = 0;
  for (const segment of segments) {
    const facts = await stat(path.join(folder, segment.uri)).catch(() => undefined);
    if (!facts?.size) throw incomplete(`no segment ${segment.uri}`);
    bytes += facts.size;
    duration += segment.duration;
    bandwidth = Math.max(bandwidth, (facts.size * 8) / segment.duration);
  }
  const head = await readHead(path.join(folder, map ?? segments[0]?.uri));
  return {
    ...{ segments: segments.length, duration },
    bandwidth: Math.ceil(bandwidth),
    averageBandwidth: Math.ceil((bytes * 8) / duration),
    videoCodec: avcCodec(head),
  };
}

async function readHead(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const head = Buffer.alloc(64 * 1024);
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/**
 * `avc1.PPCCLL` (RFC 6381 section 3.3): profile, constraints and level stand after the version in
 * an MP4's `avcC` box (ISO/IEC 14496-15), and after the header of a sequence parameter set in a
 * transport stream (ITU-T H.264 section 7.3.2.1.1), whose first packet always holds it.
 */
function avcCodec(head: Buffer): string {
  const box = head.indexOf('avcC', 0, 'latin1');
  const at = box >= 0 ? box + 5 : afterParameterSet(head);
  const bytes = head.subarray(at, at + 3);
  if (at < 0 || bytes.length < 3) throw incomplete('no H.264 parameters');
  return `avc1.${bytes.toString('hex')}`;
}

function afterParameterSet(head: Buffer): number {
  for (let at = 0; at + 4 < head.length; at++) {
    const isStart = head[at] === 0 && head[at + 1] === 0 && head[at + 2] === 1;
    // NAL unit type 7, whatever its importance.
    if (isStart && (head[at + 3] & 0x1f) === 7) return at + 4;
  }
  return -1;
}

function incomplete(what: string): LipwireError {
  return new LipwireError('E_INTERNAL', `The stream was not written whole: ${what}.`);
}
