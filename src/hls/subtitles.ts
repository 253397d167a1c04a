import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { MEDIA_PLAYLIST, type HlsOptions } from './options';
import { subtitlePlaylist } from './playlists';

/** FFmpeg's transport streams begin at 1.4 seconds, with the encoder delay of AAC before the picture. */
const TS_START = 126_000;
const AAC_DELAY = 1920;

/** Writes the captions beside the renditions. @returns the address of their playlist in the master */
export async function writeSubtitles(
  options: HlsOptions,
  captions: string,
  duration: number,
): Promise<string> {
  const { folder, container, source } = options;
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
