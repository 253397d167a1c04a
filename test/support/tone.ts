/** A WAV file with a tone of so many seconds: 16 bit, mono, 16 kHz. */
export function toneWav(seconds: number): Buffer {
  const rate = 16_000;
  const count = Math.round(seconds * rate);
  const bytes = Buffer.alloc(44 + count * 2);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(rate, 24);
  bytes.writeUInt32LE(rate * 2, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(count * 2, 40);
  for (let index = 0; index < count; index += 1) {
    const sample = Math.sin((index / rate) * 2 * Math.PI * 300) * 8000;
    bytes.writeInt16LE(Math.round(sample), 44 + index * 2);
  }
  return bytes;
}
