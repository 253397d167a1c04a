/** The two seconds of sound (16 kHz) that the golden mel values belong to. */
export function goldenSound(): Float32Array {
  let state = 12345;
  return Float32Array.from({ length: 32_000 }, (_, n) => {
    // The product needs 53 bits at most: 2³¹ · 1103515245 is too large, so it is done in BigInt.
    state = Number((1103515245n * BigInt(state) + 12345n) & 0x7fffffffn);
    const noise = (2 * state) / 2 ** 31 - 1;
    const t = n / 16_000;
    const swell = (hertz: number): number => 0.5 - 0.5 * Math.cos(2 * Math.PI * hertz * t);
    const tone = (hertz: number): number => Math.sin(2 * Math.PI * hertz * t);
    return 0.5 * tone(220) * swell(4) + 0.15 * tone(1760) * swell(3) + 0.002 * noise;
  });
}
