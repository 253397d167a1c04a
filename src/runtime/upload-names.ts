/** What an upload is called: by its content, and by what is safe of its own name. */
import { LipwireError } from '../contract';
import { sniffExtension } from '../av/sniff';

const PICTURES = ['jpg', 'png', 'webp', 'avif', 'gif', 'tiff', 'svg'];
const VIDEOS = ['mp4', 'mov', 'webm', 'mkv', 'avi'];
const LONGEST_NAME = 60;
/** Names that Windows keeps for devices. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)$/;

/**
 * The ending for a portrait's content.
 * @param head its first bytes, at least 1024 where it has so many
 * @throws E_INPUT for what is neither a picture nor a video
 */
export function portraitExtension(head: Uint8Array): string {
  const found = sniffExtension(head);
  if (found && (PICTURES.includes(found) || VIDEOS.includes(found))) return found;
  throw new LipwireError(
    'E_INPUT',
    'Expected a JPEG, PNG, WebP, AVIF, GIF, TIFF or SVG picture, or a video, as the portrait but ' +
      (found ? `the file is of the kind ${found}` : 'the file is of no kind that is known') +
      '; save it as PNG or MP4.',
  );
}

/** A file's name without folder and ending: lower case, letters, digits and `-` only. */
export function portraitName(fileName: string): string {
  const last = fileName.split(/[\\/]/).pop() as string;
  const plain = last
    .replace(/\.[^.]*$/, '')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, LONGEST_NAME)
    .replace(/^-+|-+$/g, '');
  if (plain === '') return 'portrait';
  return DEVICE.test(plain) ? `portrait-${plain}` : plain;
}
