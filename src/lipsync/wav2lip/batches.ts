/** Frames gathered for the network; while one batch is put into pictures, the next is computed. */
import { throwIfCancelled } from '../../contract';
import { WINDOW_VALUES } from './windows';

/** A frame on its way; without a window the network is not asked. */
export interface Asked {
  /** 80 × 16 values. */
  window?: Float32Array | undefined;
  /** The network's input for its face, where each frame has one of its own. */
  face?: Float32Array | undefined;
}

/**
 * @param mels `count` windows one after the other
 * @param faces as many inputs, where the frames have them
 * @returns as many pictures
 */
export type Speak = (
  mels: Float32Array,
  count: number,
  faces: Float32Array,
) => Promise<Float32Array>;

export interface BatchOptions {
  /** Frames computed at once. */
  batch: number;
  /** Frames that are held at most, those that wait for a batch to fill without being asked too. */
  held: number;
  speak: Speak;
  signal: AbortSignal;
}

interface Group<T> {
  frames: { frame: T; slot: number }[];
  mels: Float32Array;
  faces: Float32Array;
  count: number;
}

/** Every frame, in order, with the network's planes where it was asked. */
export async function* answered<T extends Asked>(
  frames: AsyncIterable<T>,
  { speak, signal, ...sizes }: BatchOptions,
): AsyncGenerator<{ frame: T; planes?: Float32Array }> {
  let previous: { group: Group<T>; result: Promise<Float32Array> } | undefined;
  try {
    for await (const group of groups(frames, sizes)) {
      throwIfCancelled(signal);
      // Two runs at once would only take cores from each other.
      const planes = await previous?.result;
      const { mels, faces, count } = group;
      const result = count > 0 ? speak(mels, count, faces) : none();
      result.catch(() => undefined);
      const done = previous?.group;
      previous = { group, result };
      if (done) yield* spread(done, planes!);
    }
    if (previous) yield* spread(previous.group, await previous.result);
  } finally {
    await previous?.result.catch(() => undefined);
  }
}

async function* groups<T extends Asked>(
  frames: AsyncIterable<T>,
  { batch, held }: { batch: number; held: number },
): AsyncGenerator<Group<T>> {
  const start = (): Group<T> => ({
    frames: [],
    mels: new Float32Array(batch * WINDOW_VALUES),
    faces: new Float32Array(0),
    count: 0,
  });
  let group = start();
  for await (const frame of frames) {
    const { window, face } = frame;
    if (window) group.mels.set(window, group.count * WINDOW_VALUES);
    if (window && face) {
      if (group.count === 0) group.faces = new Float32Array(batch * face.length);
      group.faces.set(face, group.count * face.length);
    }
    group.frames.push({ frame, slot: window ? group.count++ : -1 });
    if (group.count < batch && group.frames.length < held) continue;
    yield group;
    group = start();
  }
  if (group.frames.length > 0) yield group;
}

function* spread<T>({ frames, count }: Group<T>, planes: Float32Array) {
  const size = count > 0 ? planes.length / count : 0;
  for (const { frame, slot } of frames) {
    if (slot < 0) yield { frame };
    else yield { frame, planes: planes.subarray(slot * size, (slot + 1) * size) };
  }
}

async function none(): Promise<Float32Array> {
  return new Float32Array(0);
}
