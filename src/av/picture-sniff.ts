/** Tells from a file's first bytes what it is, so that errors can say so. */

/** Brands of the ISO base media format (ISO/IEC 14496-12) that are pictures coded with HEVC. */
const HEIC_BRANDS = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1'];
/** Brands that are pictures coded with AV1, which the decoder reads. */
const AVIF_BRANDS = ['avif', 'avis'];

export type Kind = 'heic' | 'video' | 'sound' | 'pdf' | 'empty' | 'other';

/** First bytes of pictures, as Latin-1: PNG, JPEG, GIF, TIFF (either order of bytes). */
const PICTURES = ['\x89PNG', '\xff\xd8\xff', 'GIF8', 'II*\0', 'MM\0*', 'II+\0', 'MM\0+'];

/**
 * Whether a file begins like a picture, also like one that cannot be read here. What does not may
 * still be one.
 * @param bytes the start of the file
 */
export function looksLikePicture(bytes: Buffer): boolean {
  const start = bytes.toString('latin1', 0, 512);
  if (PICTURES.some((picture) => start.startsWith(picture))) return true;
  if (start.startsWith('RIFF') && start.slice(8, 12) === 'WEBP') return true;
  if (start.slice(4, 8) === 'ftyp') {
    return [...HEIC_BRANDS, ...AVIF_BRANDS].includes(start.slice(8, 12));
  }
  return /^(\xef\xbb\xbf)?\s*<(\?xml|!--|!DOCTYPE svg|svg)/i.test(start);
}

/** @param bytes the start of the file, at least 16 bytes where it has so many */
export function sniff(bytes: Buffer): Kind {
  if (bytes.length === 0) return 'empty';
  const text = (start: number, end: number) => bytes.toString('latin1', start, end);
  if (text(4, 8) === 'ftyp') {
    const brand = text(8, 12);
    if (HEIC_BRANDS.includes(brand)) return 'heic';
    if (AVIF_BRANDS.includes(brand)) return 'other';
    return brand.startsWith('M4A') ? 'sound' : 'video';
  }
  // EBML (Matroska, WebM), AVI, FLV, MPEG program stream, Ogg (either), MPEG transport stream.
  if (bytes.readUIntBE(0, Math.min(4, bytes.length)) === 0x1a45dfa3) return 'video';
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'AVI ') return 'video';
  if (text(0, 3) === 'FLV' || text(0, 4) === '\x00\x00\x01\xba') return 'video';
  if (bytes[0] === 0x47 && bytes[188] === 0x47) return 'video';
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WAVE') return 'sound';
  if (text(0, 4) === 'OggS' || text(0, 4) === 'fLaC' || text(0, 3) === 'ID3') return 'sound';
  if (text(0, 5) === '%PDF-') return 'pdf';
  return 'other';
}
