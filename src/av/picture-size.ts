/**
 * The size that a picture file says it has, without decoding it: for uploads, on Node-RED's own thread.
 * From the formats' own specifications (PNG, GIF89a, ITU-T T.81, the WebP container).
 */
export interface PictureSize {
  width: number;
  height: number;
}

/** JPEG's markers of a frame's header: all SOFn, without DHT, JPG and DAC between them. */
const FRAME = /^c[0-35-79-bd-f]$/;

/**
 * @param head the file's beginning; a JPEG may have thumbnails and profiles of some hundred kilobytes
 *   before its size
 * @returns nothing for other formats, and where the beginning does not say it
 */
export function pictureSize(head: Buffer): PictureSize | undefined {
  try {
    const name = head.toString('latin1', 0, 16);
    if (name.startsWith('\x89PNG')) return sizeOf(head.readUInt32BE(16), head.readUInt32BE(20));
    if (name.startsWith('GIF8')) return sizeOf(head.readUInt16LE(6), head.readUInt16LE(8));
    if (name.startsWith('\xff\xd8\xff')) return jpegSize(head);
    if (name.startsWith('RIFF') && name.slice(8, 12) === 'WEBP') return webpSize(head);
  } catch (error) {
    // It ends before it says so.
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
