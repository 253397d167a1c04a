/**
 * Mel-frequency cepstra as Light-ASD was trained on them (python_speech_features' defaults at
 * 16 kHz: windows of 25 ms every 10 ms without taper, pre-emphasis 0.97, 26 mel filters, 13 cepstra
 * by an orthonormal cosine transform, lifter 22, log energy in place of the first).
 */
const RATE = 16000;
const WINDOW = 400;
const HOP = 160;
const SIZE = 512;
const FILTERS = 26;
export const CEPSTRA = 13;
const LIFTER = 22;
const LEAST = 2.2e-16;

/** @param samples 16 kHz, in 16-bit steps @returns {@link CEPSTRA} numbers a window */
export function mfcc(samples: ArrayLike<number>): Float32Array {
  const count = samples.length;
  const even = Float64Array.from(
    { length: count },
    (_, i) => samples[i] - (i > 0 ? 0.97 * samples[i - 1] : 0),
  );
  const windows = count <= WINDOW ? 1 : 1 + Math.ceil((count - WINDOW) / HOP);
  const filters = melFilters();
  const turn = Float64Array.from({ length: SIZE }, (_, i) => Math.cos((2 * Math.PI * i) / SIZE));
  const power = new Float64Array(SIZE / 2 + 1);
  const cepstra = new Float32Array(windows * CEPSTRA);
  for (let w = 0; w < windows; w++) {
    let energy = 0;
    for (let k = 0; k <= SIZE / 2; k++) {
      let re = 0;
      let im = 0;
      for (let t = 0; t < WINDOW; t++) {
        const value = even[w * HOP + t] ?? 0;
        re += value * turn[(k * t) % SIZE];
        // sin α = cos(α − 90°)
        im += value * turn[(k * t + (3 * SIZE) / 4) % SIZE];
      }
      power[k] = (re * re + im * im) / SIZE;
      energy += power[k];
    }
    const bands = filters.map((filter) =>
      Math.log(filter.reduce((sum, weight, k) => sum + weight * power[k], 0) || LEAST),
    );
    for (let c = 0; c < CEPSTRA; c++) {
      const sum = bands.reduce(
        (total, band, j) => total + band * Math.cos((Math.PI * c * (2 * j + 1)) / (2 * FILTERS)),
        0,
      );
      const lift = 1 + (LIFTER / 2) * Math.sin((Math.PI * c) / LIFTER);
      cepstra[w * CEPSTRA + c] = sum * Math.sqrt((c === 0 ? 1 : 2) / FILTERS) * lift;
    }
    cepstra[w * CEPSTRA] = Math.log(energy || LEAST);
  }
  return cepstra;
}

/** Triangles between bins that are even on the mel scale (O'Shaughnessy 1987). */
function melFilters(): Float64Array[] {
  const mel = (frequency: number) => 2595 * Math.log10(1 + frequency / 700);
  const frequency = (value: number) => 700 * (10 ** (value / 2595) - 1);
  const bins = Array.from({ length: FILTERS + 2 }, (_, i) =>
    Math.floor(((SIZE + 1) * frequency((mel(RATE / 2) * i) / (FILTERS + 1))) / RATE),
  );
  return Array.from({ length: FILTERS }, (_, j) => {
    const [from, top, to] = [bins[j], bins[j + 1], bins[j + 2]];
    return Float64Array.from({ length: SIZE / 2 + 1 }, (_, k) =>
      k >= from && k < top
        ? (k - from) / (top - from)
        : k >= top && k < to
          ? (to - k) / (to - top)
          : 0,
    );
  });
}
