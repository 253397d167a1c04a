/**
 * WAV files. Written: 16-bit PCM with the plain 44-byte header. Read: PCM of 8, 16, 24 and 32 bits
 * and floats of 32 and 64 bits, with or without WAVE_FORMAT_EXTENSIBLE, chunks in any order, odd
 * chunks padded or not, sizes left open by programs that stream, and files that were cut off.
 * Format: Multimedia Programming Interface and Data Specifications 1.0, and Microsoft's
 * "Multiple Channel Audio Data and WAVE Files".
 */
export { decodeWav, readWav } from './decode';
export { encodeWav, WAV_HEADER_BYTES, wavHeader, writeWav } from './encode';
export { parseWav, readWavFormat, type WavFormat } from './format';
export type { WavSound } from './sound';
export { WavWriter } from './writer';
