/** HLS playlists (RFC 8216): written, and read back to measure the renditions. */
import { copyFile, mkdir, open, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LipwireError } from '../contract';

/** The file name of each playlist but the master. */
export const MEDIA_PLAYLIST = 'index.m3u8';

interface Segment {
  uri: string;
  /** Seconds. */
  duration: number;
}

/** Segments of a media playlist, and its initialisation section. */
function readPlaylist(text: string): { segments: Segment[]; map?: string; ended: boolean } {
  const segments: Segment[] = [];
  let duration = 0;
  for (const line of text.split(/\r?\n/)) {
    const info = /^#EXTINF:([\d.]+)/.exec(line);
    if (info) duration = Number(info[1]);
    else if (line !== '' && !line.startsWith('#')) segments.push({ uri: line, duration });
  }
  const map = /#EXT-X-MAP:URI="([^"]+)"/.exec(text)?.[1];
  return { segments, ...(map && { map }), ended: text.includes('#EXT-X-ENDLIST') };
}

export interface Variant {
  uri: string;
  width: number;
  height: number;
  fps: number;
  /** Bits a second: of the largest segment, and on average. */
  bandwidth: number;
  averageBandwidth: number;
  codecs: string;
}

interface Subtitles {
  uri: string;
  /** BCP 47. */
  language: string | undefined;
}

export function masterPlaylist(variants: readonly Variant[], subtitles?: Subtitles): string {
  const lines = ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-INDEPENDENT-SEGMENTS'];
  if (subtitles) lines.push(subtitlesTag(subtitles));
  for (const variant of variants) {
    const attributes = [
      `BANDWIDTH=${variant.bandwidth}`,
      `AVERAGE-BANDWIDTH=${variant.averageBandwidth}`,
      `CODECS="${variant.codecs}"`,
      `RESOLUTION=${variant.width}x${variant.height}`,
      `FRAME-RATE=${variant.fps.toFixed(3)}`,
      ...(subtitles ? ['SUBTITLES="captions"'] : []),
      'CLOSED-CAPTIONS=NONE',
    ];
    lines.push(`#EXT-X-STREAM-INF:${attributes.join(',')}`, variant.uri);
  }
  return `${lines.join('\n')}\n`;
}

function subtitlesTag({ uri, language }: Subtitles): string {
  // Whatever a message says is the language must not end the quoted string.
  const tag = language?.replace(/[^A-Za-z0-9-]/g, '');
  const name = tag ? (languageName(tag) ?? tag) : 'Captions';
  const attributes = ['TYPE=SUBTITLES', 'GROUP-ID="captions"', `NAME="${name}"`];
  if (tag) attributes.push(`LANGUAGE="${tag}"`);
  attributes.push('DEFAULT=NO', 'AUTOSELECT=YES', 'FORCED=NO', `URI="${uri}"`);
  return `#EXT-X-MEDIA:${attributes.join(',')}`;
}

/** A language's own name, for the menu of a player. */
function languageName(tag: string): string | undefined {
  try {
    return new Intl.DisplayNames([tag], { type: 'language' }).of(tag)?.replace(/["\n\r]/g, '');
  } catch {
    return undefined;
  }
}

/** A media playlist with one WebVTT file; RFC 8216 section 6.2.4 lets subtitles have long segments. */
function subtitlePlaylist(uri: string, duration: number): string {
  return [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${Math.max(1, Math.ceil(duration))}`,
    '#EXT-X-MEDIA-SEQUENCE:0',
    '#EXT-X-PLAYLIST-TYPE:VOD',
    `#EXTINF:${duration.toFixed(3)},`,
    uri,
    '#EXT-X-ENDLIST',
    '',
  ].join('\n');
}

/** FFmpeg's transport streams begin at 1.4 seconds, with the encoder delay of AAC before the picture. */
const TS_START = 126_000;
const AAC_DELAY = 1920;

/** Writes the captions beside the renditions. @returns the address of their playlist in the master */
export async function writeSubtitles(
  folder: string,
  { container, source }: { container: 'fmp4' | 'ts'; source: { hasSound: boolean } },
  captions: string,
  duration: number,
): Promise<string> {
  const subfolder = path.join(folder, 'captions');
  await mkdir(subfolder);
  const file = path.join(subfolder, 'captions.vtt');
  if (container === 'fmp4') {
    await copyFile(captions, file);
  } else {
    const start = TS_START + (source.hasSound ? AAC_DELAY : 0);
    const map = `X-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:${start}`;
    const text = await readFile(captions, 'utf8');
    await writeFile(file, text.replace(/^(\ufeff?WEBVTT[^\r\n]*)/, `$1\n${map}`));
  }
  const playlist = subtitlePlaylist('captions.vtt', duration);
  await writeFile(path.join(subfolder, MEDIA_PLAYLIST), playlist);
  return `captions/${MEDIA_PLAYLIST}`;
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

/** What hls-export needs to know of a video before it starts. */
