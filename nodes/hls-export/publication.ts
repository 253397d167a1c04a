/** Published streams by URL path and id, each with the files that may be read. */
import path from 'node:path';
import { createHash } from 'node:crypto';
import { readFile, stat, readdir } from 'node:fs/promises';
import { inputError } from '../../src/contract';
import { sniffExtension } from '../../src/av/sniff';
import type { FileTaker } from '../shared/files';
import type { HlsFiles } from '../../src/hls/stage';

/** Types of a stream's files; nothing else of its folder is served. */
const MEDIA_TYPES: Record<string, string> = {
  '.m3u8': 'application/vnd.apple.mpegurl',
  '.m4s': 'video/iso.segment',
  '.mp4': 'video/mp4',
  '.ts': 'video/mp2t',
  '.vtt': 'text/vtt; charset=utf-8',
  '.jpg': 'image/jpeg',
};

/** Types of a page's files and slides. */
const PAGE_TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
  '.avif': 'image/avif',
};

/** Content-Type by the name in the URL. */
export function contentType(name: string): string {
  const extension = path.extname(name).toLowerCase();
  return MEDIA_TYPES[extension] ?? PAGE_TYPES[extension] ?? 'application/octet-stream';
}

export interface Slide {
  /** In the URL, beside the stream's own files. */
  name: string;
  file: string;
  /** Shown from this second of the video on. */
  start: number;
}

export function isSlideName(name: string): boolean {
  return /^slide-\d+\./.test(name);
}

/** Formats that every browser shows. */
const FORMATS = ['jpg', 'png', 'webp', 'gif', 'avif', 'svg'];
const MOST_SLIDES = 500;
const MOST_BYTES = 20 * 1024 * 1024;

/**
 * Reads `msg.slides`: one picture, or an array of them in the order of the video's chapters; each is
 * a path, a Buffer, `{picture, start}` with seconds, or empty, which keeps the one before.
 * @param chapters starts in seconds
 * @throws E_INPUT, E_PATH
 */
export async function takeSlides(
  value: unknown,
  chapters: readonly { start: number }[],
  files: FileTaker,
): Promise<Slide[]> {
  if (isEmpty(value)) return [];
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (list.length > MOST_SLIDES) {
    throw inputError('msg.slides', `at most ${MOST_SLIDES} pictures`, `${list.length} of them`);
  }
  const slides: Slide[] = [];
  for (const [index, entry] of list.entries()) {
    const field = Array.isArray(value) ? `msg.slides[${index}]` : 'msg.slides';
    const { picture, start } = isPlaced(entry) ? entry : { picture: entry, start: undefined };
    if (isEmpty(picture)) continue;
    const { file, format } = await keptPicture(picture, field, files);
    slides.push({
      name: `slide-${index + 1}.${format}`,
      file,
      start: startOf(start, chapters[index]?.start ?? (index === 0 ? 0 : undefined), field),
    });
  }
  return slides.sort((a, b) => a.start - b.start);
}

/** Hash of pictures and times; empty without slides. */
export function slidesKey(slides: readonly Slide[]): string {
  if (slides.length === 0) return '';
  const facts = slides.map(({ name, file, start }) => [name, file, start]);
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function isPlaced(value: unknown): value is { picture: unknown; start?: unknown } {
  return typeof value === 'object' && value !== null && 'picture' in value;
}

/** A copy of a picture: published files must not change. */
async function keptPicture(
  value: unknown,
  field: string,
  files: FileTaker,
): Promise<{ file: string; format: string }> {
  const bytes = Buffer.isBuffer(value) ? value : await readPicture(value, field, files);
  const format = sniffExtension(bytes);
  if (!format || !FORMATS.includes(format)) {
    throw inputError(field, `a picture (${FORMATS.join(', ')})`, format ?? 'another format');
  }
  return { file: await files.keep(bytes, field), format };
}

async function readPicture(value: unknown, field: string, files: FileTaker): Promise<Buffer> {
  if (typeof value !== 'string') {
    throw inputError(field, 'the path of a picture, or a Buffer with one', value);
  }
  const file = await files.path(value, field);
  const { size } = await stat(file);
  if (size > MOST_BYTES) throw inputError(field, 'a picture of at most 20 MiB', `${size} bytes`);
  return readFile(file);
}

function startOf(given: unknown, chapter: number | undefined, field: string): number {
  if (isEmpty(given) && chapter !== undefined) return chapter;
  const seconds = typeof given === 'string' ? Number(given) : given;
  if (typeof seconds === 'number' && seconds >= 0 && Number.isFinite(seconds)) return seconds;
  const remedy = 'the video has fewer segments than there are slides';
  throw inputError(`${field}.start`, 'seconds, 0 or more', given, isEmpty(given) ? remedy : '');
}

/** Length of a stream's id in hexadecimal digits. */
const ID_LENGTH = 16;

export interface Publication {
  /** URL path and id, for example `lipwire/0123456789abcdef`. */
  address: string;
  /** Absolute file by its name in the URL. */
  files: ReadonlyMap<string, string>;
  /** Answer to `stream.json`, for the player page. */
  description: StreamDescription;
  /** Identity of {@link VIDEO}, which unlike the others may be replaced by a user. */
  video: string;
}

/** The name in the URL of the video that a stream was made from. */
export const VIDEO = 'video.mp4';

/** URLs are relative to the page. */
export interface StreamDescription {
  title: string;
  playlist: string;
  poster: string;
  video: string;
  duration: number;
  width: number;
  height: number;
  /** Pictures behind the speaker, each from a second on. */
  slides?: { picture: string; start: number }[];
}

/**
 * Publishes the media files of a stream's folder, its poster, its video and its slides.
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
    if (entry.isFile() && path.extname(entry.name) in MEDIA_TYPES)
      files.set(urlName(hls.folder, file), file);
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

/** Whether the video is still the published file. Never rejects. */
export async function isSameVideo({ files, video }: Publication): Promise<boolean> {
  const now = await identityOf(files.get(VIDEO) ?? '').catch(() => undefined);
  return now === video;
}

/** Changes when a file is replaced or written to, or a link leads elsewhere. */
async function identityOf(file: string): Promise<string> {
  const { dev, ino, size, mtimeMs } = await stat(file);
  return [dev, ino, size, mtimeMs].join(':');
}

/** The title, which the stage wrote beside the playlist. */
async function titleOf(folder: string): Promise<string> {
  try {
    const facts: unknown = JSON.parse(await readFile(path.join(folder, 'stream.json'), 'utf8'));
    const { title } = facts as { title?: unknown };
    return typeof title === 'string' ? title : '';
  } catch {
    return '';
  }
}

/** Stable for the same video and slides; without slides the beginning of the artifact's key. */
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

/** All published streams of this Node-RED. */
export class StreamRegistry {
  readonly #streams = new Map<string, { publication: Publication; owners: Set<string> }>();

  find(address: string): Publication | undefined {
    return this.#streams.get(address)?.publication;
  }

  add(publication: Publication, owner: string): void {
    const owners = this.#streams.get(publication.address)?.owners ?? new Set();
    this.#streams.set(publication.address, { publication, owners: owners.add(owner) });
  }

  /** A stream of several nodes stays until the last of them removes it. */
  remove(address: string, owner: string): void {
    const stream = this.#streams.get(address);
    stream?.owners.delete(owner);
    if (stream?.owners.size === 0) this.#streams.delete(address);
  }
}

/** The streams that one node published, newest last. */
export class StreamShelf {
  readonly #onRemove = new Map<string, () => void>();
  #isClosed = false;

  constructor(
    private readonly registry: StreamRegistry,
    private readonly owner: string,
  ) {}

  /**
   * Publishes a stream, and removes the oldest beyond `keep`.
   * @param onRemove called when this node no longer publishes it
   */
  add(publication: Publication, keep: number, onRemove: () => void): void {
    // Closed while the files were read.
    if (this.#isClosed) return onRemove();
    const { address } = publication;
    this.#onRemove.get(address)?.();
    this.#onRemove.delete(address);
    this.#onRemove.set(address, onRemove);
    this.registry.add(publication, this.owner);
    while (this.#onRemove.size > keep) this.#remove(this.#onRemove.keys().next().value as string);
  }

  close(): void {
    this.#isClosed = true;
    for (const address of [...this.#onRemove.keys()]) this.#remove(address);
  }

  #remove(address: string): void {
    this.registry.remove(address, this.owner);
    this.#onRemove.get(address)?.();
    this.#onRemove.delete(address);
  }
}

/** One for the process: Node-RED has one HTTP server. */
export const streams = new StreamRegistry();
