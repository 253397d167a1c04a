/** What FFmpeg's HLS muxer left in a folder: checked and measured. */
import { open, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { LipwireError } from '../contract';
import { readPlaylist } from './playlists';

export interface MeasuredRendition {
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
export function avcCodec(head: Buffer): string {
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
