/**
 * PyTorch checkpoints (`torch.save`), read as data: nothing in them is ever executed, and only the
 * numbers that are asked for are read.
 */
import { invalidCheckpoint } from './invalid';
import { readLayout, type Layout } from './layout';
import { readNumbers } from './numbers';
import { FileSource } from './source';
import { TensorReference } from './values';

/** Where the tensors may be when they are not the checkpoint itself. */
const CONTAINERS = ['state_dict', 'model_state_dict', 'model'];
/** Put before every name by DataParallel, which the authors trained with. */
const PREFIX = 'module.';

/** A tensor read from a file; values row by row. */
export interface CheckpointTensor {
  shape: readonly number[];
  data: Float32Array;
}

export class Checkpoint {
  readonly format: Layout['format'];
  readonly #source: FileSource;
  readonly #layout: Layout;
  readonly #tensors: ReadonlyMap<string, TensorReference>;

  private constructor(
    source: FileSource,
    layout: Layout,
    tensors: ReadonlyMap<string, TensorReference>,
  ) {
    this.#source = source;
    this.#layout = layout;
    this.#tensors = tensors;
    this.format = layout.format;
  }

  /**
   * Reads the table of a checkpoint, not its numbers. Close it after use.
   * @throws E_MODEL_INVALID saying what was found, E_PATH when the file cannot be read
   */
  static async open(file: string): Promise<Checkpoint> {
    const source = await FileSource.open(file);
    try {
      const layout = await readLayout(source);
      return new Checkpoint(source, layout, tensorsOf(layout.root));
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  /** Names and shapes, without the prefix `module.`. */
  get shapes(): ReadonlyMap<string, readonly number[]> {
    return new Map([...this.#tensors].map(([name, { shape }]) => [name, shape]));
  }

  /**
   * One tensor as float32.
   * @throws E_MODEL_INVALID when it is missing, cut off, or not of floating-point numbers
   */
  async read(name: string): Promise<CheckpointTensor> {
    const tensor = this.#tensors.get(name);
    if (!tensor) throw invalidCheckpoint(`the tensor ${name}`, 'none of that name');
    const place = await this.#layout.locate(tensor.storage);
    return { shape: tensor.shape, data: await readNumbers(this.#source, tensor, place) };
  }

  close(): Promise<void> {
    return this.#source.close();
  }
}

function tensorsOf(root: unknown): Map<string, TensorReference> {
  if (!(root instanceof Map)) throw invalidCheckpoint('a dictionary of tensors', 'something else');
  const inner = CONTAINERS.map((name) => root.get(name)).find((value) => value instanceof Map);
  const tensors = new Map<string, TensorReference>();
  for (const [key, value] of (inner ?? root) as Map<unknown, unknown>) {
    if (typeof key !== 'string' || !(value instanceof TensorReference)) continue;
    const name = key.startsWith(PREFIX) ? key.slice(PREFIX.length) : key;
    if (tensors.has(name)) throw invalidCheckpoint('each tensor once', `${name} twice`);
    tensors.set(name, value);
  }
  if (tensors.size === 0) throw invalidCheckpoint('tensors', 'none');
  return tensors;
}
