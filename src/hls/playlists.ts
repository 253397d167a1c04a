import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** The file name of each playlist but the master. */
export const MEDIA_PLAYLIST = 'index.m3u8';

interface Segment {
  uri: string;
  /** Seconds. */
  duration: number;
}

/** Segments of a media playlist, and its initialisation section. */
export function readPlaylist(text: string): { segments: Segment[]; map?: string; ended: boolean } {
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
