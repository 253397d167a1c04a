/** The types of the files that a stream is made of; nothing else of its folder is served. */
import path from 'node:path';

const MEDIA_TYPES: Record<string, string> = {
  '.m3u8': 'application/vnd.apple.mpegurl',
  '.m4s': 'video/iso.segment',
  '.mp4': 'video/mp4',
  '.ts': 'video/mp2t',
  '.vtt': 'text/vtt; charset=utf-8',
  '.jpg': 'image/jpeg',
};

/** What else a page loads: its own files, and slides. */
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

export function isMediaName(name: string): boolean {
  return path.extname(name) in MEDIA_TYPES;
}

/** The Content-Type of a file, by its name in the URL. */
export function contentType(name: string): string {
  const extension = path.extname(name).toLowerCase();
  return MEDIA_TYPES[extension] ?? PAGE_TYPES[extension] ?? 'application/octet-stream';
}
