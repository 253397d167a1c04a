import { Analyser } from '../av/loudness/analyser';
import { CELLS_PER_SECOND, fromDecibels, type Contour } from '../av/loudness/contour';
import { subtract } from '../av/loudness/measure';
import { blocks, type PcmFile } from '../av/loudness/pcm-file';
import type { Plan } from './plan';
import { WavWriter } from './wav-writer';

/**
 * Writes a sound with a plan's gain as a 16-bit WAV of exactly as many samples, and measures what
 * was written.
 */
export async function render(
  sound: PcmFile,
  plan: Pick<Plan, 'gain' | 'curve'>,
  target: string,
  options: { offsets?: number[]; signal?: AbortSignal; onFrames?(frames: number): void } = {},
): Promise<Contour> {
  const analyser = new Analyser(sound.sampleRate, sound.channels);
  const writer = await WavWriter.create(target, sound);
  try {
    let frame = 0;
    for await (const block of blocks(sound, options.signal)) {
      if (options.offsets) subtract(block, options.offsets);
      for (const plane of block) amplify(plane, plan, frame, sound.sampleRate);
      await writer.write(block);
      analyser.push(block);
      frame += block[0]?.length ?? 0;
      options.onFrames?.(frame);
    }
  } finally {
    await writer.close();
  }
  return analyser.finish().contour;
}

/** Multiplies by the gain, in place; values that are not numbers become silence. */
function amplify(
  plane: Float32Array,
  { gain, curve }: Pick<Plan, 'gain' | 'curve'>,
  first: number,
  sampleRate: number,
): void {
  const constant = fromDecibels(gain);
  const cellsPerSample = CELLS_PER_SECOND / sampleRate;
  for (let i = 0; i < plane.length; i++) {
    const value = plane[i];
    let factor = constant;
    if (curve) {
      const position = (first + i) * cellsPerSample;
      const cell = Math.floor(position);
      const a = curve[cell];
      const b = curve[cell + 1];
      factor = a + (b - a) * (position - cell);
    }
    plane[i] = Number.isFinite(value) ? value * factor : 0;
  }
}
