/** Media formats by their first bytes (from the formats' specifications). */

/** Extension of a format, and its signature as Latin-1 text by offset. */
const SIGNATURES: readonly [extension: string, at: Record<number, string>][] = [
  ['png', { 0: '\x89PNG' }],
  ['jpg', { 0: '\xff\xd8\xff' }],
  ['gif', { 0: 'GIF8' }],
  ['webp', { 0: 'RIFF', 8: 'WEBP' }],
  ['wav', { 0: 'RIFF', 8: 'WAVE' }],
  ['wav', { 0: 'RF64', 8: 'WAVE' }],
  ['avi', { 0: 'RIFF', 8: 'AVI ' }],
  ...['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].map((start): [string, Record<number, string>] => [
    'tiff',
    { 0: start },
  ]),
  ['bmp', { 0: 'BM', 6: '\0\0\0\0' }],
  ['flac', { 0: 'fLaC' }],
  ['ogg', { 0: 'OggS' }],
  ['mp3', { 0: 'ID3' }],
  ['aiff', { 0: 'FORM', 8: 'AIF' }],
  ['avif', { 4: 'ftypavi' }],
  // Brands of ISO/IEC 14496-12 that are pictures coded with HEVC.
  ...['hei', 'hevc', 'hevx', 'mif1', 'msf1'].map((brand): [string, Record<number, string>] => [
    'heic',
    { 4: `ftyp${brand}` },
  ]),
  ['m4a', { 4: 'ftypM4A' }],
  ['mov', { 4: 'ftypqt' }],
  ['mp4', { 4: 'ftyp' }],
];

/** The extension for a file's content; undefined for unknown formats. */
export function sniffExtension(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 1024));
  const text = head.toString('latin1');
  const match = SIGNATURES.find(([, at]) =>
    Object.entries(at).every(([offset, part]) => text.startsWith(part, Number(offset))),
  );
  if (match) return match[0];
  if (text.startsWith('\x1a\x45\xdf\xa3')) return text.includes('webm') ? 'webm' : 'mkv';
  if (looksLikeMarkup(text)) return /<svg[\s>]/i.test(text) ? 'svg' : undefined;
  // A frame header without tags before it: ADTS AAC has layer 0, MPEG audio has not.
  const [first = 0, second = 0] = head;
  if (first !== 0xff || (second & 0xe0) !== 0xe0) return undefined;
  return (second & 0xf6) === 0xf0 ? 'aac' : (second & 0x06) !== 0 ? 'mp3' : undefined;
}

function looksLikeMarkup(text: string): boolean {
  return /^(\xef\xbb\xbf)?\s*<(\?xml|!--|!DOCTYPE svg|svg)/i.test(text);
}

/**
 * Whether a file begins like a picture, readable here or not. Others may still be pictures.
 * @param bytes the start of the file
 */
export function looksLikePicture(bytes: Buffer): boolean {
  const pictures = ['png', 'jpg', 'gif', 'webp', 'tiff', 'avif', 'heic'];
  return (
    pictures.includes(sniffExtension(bytes) ?? '') ||
    looksLikeMarkup(bytes.toString('latin1', 0, 512))
  );
}

/**
 * What an unreadable picture file is instead, for errors.
 * @param bytes the start of the file
 */
export function sniff(bytes: Buffer): 'heic' | 'video' | 'sound' | 'pdf' | 'empty' | 'other' {
  if (bytes.length === 0) return 'empty';
  const start = bytes.toString('latin1', 0, 5);
  if (start === '%PDF-') return 'pdf';
  // FLV, MPEG program stream, MPEG transport stream.
  const isStream = bytes[0] === 0x47 && bytes[188] === 0x47;
  if (start.startsWith('FLV') || start.startsWith('\x00\x00\x01\xba') || isStream) return 'video';
  switch (sniffExtension(bytes)) {
    case 'heic':
      return 'heic';
    case 'mp4':
    case 'mov':
    case 'mkv':
    case 'webm':
    case 'avi':
      return 'video';
    case 'wav':
    case 'ogg':
    case 'flac':
    case 'mp3':
    case 'm4a':
      return 'sound';
    default:
      return 'other';
  }
}

interface PictureSize {
  width: number;
  height: number;
}

/** JPEG's markers of a frame's header: all SOFn, without DHT, JPG and DAC between them. */
const FRAME = /^c[0-35-79-bd-f]$/;

/**
 * The size in a picture's header, without decoding: for uploads, on Node-RED's own thread, which never
 * loads sharp. From PNG, GIF89a, ITU-T T.81 and the WebP container.
 * @param head the file's beginning; a JPEG may have thumbnails and profiles of some hundred kilobytes
 *   before its size
 * @returns undefined for other formats, and where `head` ends before the size
 */
export function pictureSize(head: Buffer): PictureSize | undefined {
  try {
    const name = head.toString('latin1', 0, 16);
    if (name.startsWith('\x89PNG')) return sizeOf(head.readUInt32BE(16), head.readUInt32BE(20));
    if (name.startsWith('GIF8')) return sizeOf(head.readUInt16LE(6), head.readUInt16LE(8));
    if (name.startsWith('\xff\xd8\xff')) return jpegSize(head);
    if (name.startsWith('RIFF') && name.slice(8, 12) === 'WEBP') return webpSize(head);
  } catch (error) {
    // `head` ends before the size.
    if (!(error instanceof RangeError)) throw error;
  }
  return undefined;
}

function sizeOf(width: number, height: number): PictureSize {
  return { width, height };
}

function jpegSize(bytes: Buffer): PictureSize | undefined {
  for (let at = 2; at < bytes.length;) {
    if (bytes.readUInt8(at) !== 0xff) return undefined;
    const marker = bytes.readUInt8(at + 1);
    // Fill bytes, and markers without a length.
    if (marker === 0xff) at += 1;
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) at += 2;
    else if (FRAME.test(marker.toString(16))) {
      return sizeOf(bytes.readUInt16BE(at + 7), bytes.readUInt16BE(at + 5));
    } else at += 2 + Math.max(2, bytes.readUInt16BE(at + 2));
  }
  return undefined;
}

function webpSize(bytes: Buffer): PictureSize | undefined {
  switch (bytes.toString('latin1', 12, 16)) {
    case 'VP8X':
      return sizeOf(1 + bytes.readUIntLE(24, 3), 1 + bytes.readUIntLE(27, 3));
    case 'VP8 ':
      return sizeOf(bytes.readUInt16LE(26) & 0x3fff, bytes.readUInt16LE(28) & 0x3fff);
    case 'VP8L': {
      const bits = bytes.readUInt32LE(21);
      return sizeOf(1 + (bits & 0x3fff), 1 + ((bits >>> 14) & 0x3fff));
    }
    default:
      return undefined;
  }
}
