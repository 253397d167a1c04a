/** A stream with exactly the files that may be read of it. */
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { isMediaName } from './media-types';
import { slidesKey, type Slide } from './slides';
import type { HlsFiles } from '../../src/hls/stage';

/** Length of a stream's id in hexadecimal digits. */
const ID_LENGTH = 16;

/** A stream that can be published. */
export interface Publication {
  /** URL path and id, for example `lipwire/0123456789abcdef`. */
  address: string;
  /** Absolute file by its name in the URL. */
  files: ReadonlyMap<string, string>;
  /** Answer to `stream.json`, for the player page. */
  description: StreamDescription;
  /** Which file {@link VIDEO} was. Unlike the others it may lie where somebody can replace it. */
  video: FileIdentity;
}

/** The name in the URL of the video that a stream was made from. */
export const VIDEO = 'video.mp4';

/** Differs when a file is replaced, written to, or a link that leads elsewhere since. */
type FileIdentity = string;

/** What the player page asks for. URLs are relative to the page. */
export interface StreamDescription {
  title: string;
  playlist: string;
  poster: string;
  video: string;
  duration: number;
  width: number;
  height: number;
  /** Pictures behind the speaker, each from a time on, in seconds. */
  slides?: { picture: string; start: number }[];
}

/**
 * What is to be published of a stream: the media files of its folder, its poster, and the video
 * that it was made from; and the slides that go with it.
 * @param urlPath path under the HTTP root, without slashes around it
 */
export async function publicationOf(
  hls: HlsFiles,
  video: string,
  urlPath: string,
  slides: readonly Slide[] = [],
): Promise<Publication> {
  const files = new Map<string, string>();
  for (const entry of await readdir(hls.folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath ?? entry.path, entry.name);
    if (entry.isFile() && isMediaName(entry.name)) files.set(urlName(hls.folder, file), file);
  }
  const playlist = urlName(hls.folder, hls.playlist);
  files.set('poster.jpg', hls.poster);
  files.set(VIDEO, video);
  for (const { name, file } of slides) files.set(name, file);
  const { width, height } = hls.renditions[0] ?? { width: 0, height: 0 };
  return {
    address: `${urlPath}/${streamId(hls.folder, slidesKey(slides))}`,
    files,
    description: {
      title: await titleOf(hls.folder),
      playlist,
      poster: 'poster.jpg',
      video: VIDEO,
      duration: hls.duration,
      width,
      height,
      ...(slides.length > 0 && {
        slides: slides.map(({ name, start }) => ({ picture: name, start })),
      }),
    },
    video: await identityOf(video),
  };
}

/** Whether the video is still the file that was published. Never rejects. */
export async function isSameVideo({ files, video }: Publication): Promise<boolean> {
  const now = await identityOf(files.get(VIDEO) ?? '').catch(() => undefined);
  return now === video;
}

async function identityOf(file: string): Promise<FileIdentity> {
  const { dev, ino, size, mtimeMs } = await stat(file);
  return [dev, ino, size, mtimeMs].join(':');
}

/** The title as the stage wrote it beside the playlist. */
async function titleOf(folder: string): Promise<string> {
  try {
    const facts: unknown = JSON.parse(await readFile(path.join(folder, 'stream.json'), 'utf8'));
    const { title } = facts as { title?: unknown };
    return typeof title === 'string' ? title : '';
  } catch {
    return '';
  }
}

/** Stable for the same video with the same slides: without any, the beginning of the artifact's key. */
function streamId(folder: string, slides: string): string {
  const name = path.basename(folder).toLowerCase();
  const key = /^[0-9a-f]{16,}$/.test(name) ? name : sha256(folder);
  return (slides ? sha256(key + slides) : key).slice(0, ID_LENGTH);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function urlName(folder: string, file: string): string {
  return path.relative(folder, file).split(path.sep).join('/');
}
