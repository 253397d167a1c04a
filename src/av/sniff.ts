/** What the first bytes of media files look like (the formats' own specifications). */

interface Signature {
  extension: string;
  /** Bytes as Latin-1 text, by their offset. */
  at: Record<number, string>;
}

const SIGNATURES: readonly Signature[] = [
  { extension: 'png', at: { 0: '\x89PNG\r\n\x1a\n' } },
  { extension: 'jpg', at: { 0: '\xff\xd8\xff' } },
  { extension: 'gif', at: { 0: 'GIF8' } },
  { extension: 'webp', at: { 0: 'RIFF', 8: 'WEBP' } },
  { extension: 'wav', at: { 0: 'RIFF', 8: 'WAVE' } },
  { extension: 'wav', at: { 0: 'RF64', 8: 'WAVE' } },
  { extension: 'avi', at: { 0: 'RIFF', 8: 'AVI ' } },
  { extension: 'tiff', at: { 0: 'II*\0' } },
  { extension: 'tiff', at: { 0: 'MM\0*' } },
  { extension: 'bmp', at: { 0: 'BM', 6: '\0\0\0\0' } },
  { extension: 'flac', at: { 0: 'fLaC' } },
  { extension: 'ogg', at: { 0: 'OggS' } },
  { extension: 'mp3', at: { 0: 'ID3' } },
  { extension: 'aiff', at: { 0: 'FORM', 8: 'AIF' } },
  { extension: 'avif', at: { 4: 'ftypavi' } },
  { extension: 'heic', at: { 4: 'ftyphei' } },
  { extension: 'heic', at: { 4: 'ftypmif1' } },
  { extension: 'm4a', at: { 4: 'ftypM4A' } },
  { extension: 'mov', at: { 4: 'ftypqt' } },
  { extension: 'mp4', at: { 4: 'ftyp' } },
];

/** The extension that a file's content calls for; undefined when its format is not known. */
export function sniffExtension(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 1024));
  const text = head.toString('latin1');
  const match = SIGNATURES.find(({ at }) =>
    Object.entries(at).every(([offset, part]) => text.startsWith(part, Number(offset))),
  );
  return match?.extension ?? matroska(text) ?? mpegAudio(head) ?? svg(text);
}

function matroska(text: string): string | undefined {
  if (!text.startsWith('\x1a\x45\xdf\xa3')) return undefined;
  return text.includes('webm') ? 'webm' : 'mkv';
}

/** A frame header without tags before it: ADTS AAC has layer 0, MPEG audio has not. */
function mpegAudio(head: Buffer): string | undefined {
  const [first = 0, second = 0] = head;
  if (first !== 0xff || (second & 0xe0) !== 0xe0) return undefined;
  return (second & 0xf6) === 0xf0 ? 'aac' : (second & 0x06) !== 0 ? 'mp3' : undefined;
}

function svg(text: string): string | undefined {
  const start = text.replace(/^\xef\xbb\xbf/, '').trimStart();
  return /^<(\?xml|!--|!DOCTYPE svg|svg)/i.test(start) && /<svg[\s>]/i.test(start)
    ? 'svg'
    : undefined;
}
