/** Frames gathered for the network; while one batch is put into pictures, the next is computed. */
import { throwIfCancelled } from '../../media';
import type { SpeakingFace } from './mouth-network';
import { WINDOW_VALUES } from './windows';

/** One frame's answer; none where the portrait's own mouth is shown. */
export interface Mouth {
  frame: number;
  weight: number;
  planes?: Float32Array;
}

/** Frames without speech that wait for a batch to fill, at most. */
const WAITING = 64;

interface Group {
  frames: { frame: number; slot: number }[];
  mels: Float32Array;
  count: number;
}

/**
 * The mouth of every frame, in order. Frames of weight 0 are not computed.
 * @param windows the mel window of every frame
 * @param batch frames computed at once
 */
export async function* mouths(
  windows: AsyncIterable<Float32Array>,
  {
    weights,
    batch,
    speak,
    signal,
  }: {
    weights: Float32Array;
    batch: number;
    speak: SpeakingFace;
    signal: AbortSignal;
  },
): AsyncGenerator<Mouth> {
  let previous: { group: Group; result: Promise<Float32Array> } | undefined;
  try {
    for await (const group of groups(windows, weights, batch)) {
      throwIfCancelled(signal);
      // Two runs at once would only take cores from each other.
      const planes = await previous?.result;
      const result = group.count > 0 ? speak(group.mels, group.count) : none();
      result.catch(() => undefined);
      const done = previous?.group;
      previous = { group, result };
      if (done) yield* spread(done, planes!, weights);
    }
    if (previous) yield* spread(previous.group, await previous.result, weights);
  } finally {
    await previous?.result.catch(() => undefined);
  }
}

async function* groups(
  windows: AsyncIterable<Float32Array>,
  weights: Float32Array,
  batch: number,
): AsyncGenerator<Group> {
  const start = (): Group => ({
    frames: [],
    mels: new Float32Array(batch * WINDOW_VALUES),
    count: 0,
  });
  let group = start();
  let frame = 0;
  for await (const window of windows) {
    const isSpoken = weights[frame]! > 0;
    if (isSpoken) group.mels.set(window, group.count * WINDOW_VALUES);
    group.frames.push({ frame, slot: isSpoken ? group.count++ : -1 });
    frame++;
    if (group.count < batch && group.frames.length < WAITING) continue;
    yield group;
    group = start();
  }
  if (group.frames.length > 0) yield group;
}

function* spread({ frames, count }: Group, planes: Float32Array, weights: Float32Array) {
  const size = count > 0 ? planes.length / count : 0;
  for (const { frame, slot } of frames) {
    const weight = weights[frame]!;
    if (slot < 0) yield { frame, weight };
    else yield { frame, weight, planes: planes.subarray(slot * size, (slot + 1) * size) };
  }
}

async function none(): Promise<Float32Array> {
  return new Float32Array(0);
}
