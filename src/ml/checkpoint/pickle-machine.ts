import { invalidCheckpoint } from './invalid';
import { CHECKPOINT_LIMITS } from './limits';
import type { ByteCursor } from './source';
import type { StorageReference } from './values';

/** What lies on the stack where a list or a tuple begins. */
export const MARK = Symbol('mark');
/** Longest argument that is read without looking at it first: a length, a float. */
const LONGEST_FIXED = 8;

/** The stack and the memo of a pickle, and its bytes as instructions take them. */
export class PickleMachine {
  readonly #cursor: ByteCursor;
  readonly #memo = new Map<number, unknown>();
  #stack: unknown[] = [];
  #textBytes = 0;

  constructor(
    cursor: ByteCursor,
    readonly storages: StorageReference[],
  ) {
    this.#cursor = cursor;
  }

  result(): unknown {
    if (this.#stack.length !== 1) throw invalidCheckpoint('one value in a pickle', 'another count');
    return this.pop();
  }

  push(value: unknown): void {
    this.#stack.push(value);
  }

  pop(): unknown {
    const value = this.#stack.length > 0 ? this.#stack.pop() : MARK;
    if (value === MARK) throw invalidCheckpoint('a value on the stack of a pickle', 'none');
    return value;
  }

  top(): unknown {
    const value = this.pop();
    this.push(value);
    return value;
  }

  /** The values above the last mark, which goes too. */
  popMarked(): unknown[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw invalidCheckpoint('a mark on the stack of a pickle', 'none');
    const values = this.#stack.splice(mark);
    values.shift();
    return values;
  }

  put(index: number): void {
    this.#memo.set(index, this.top());
  }

  memoize(): void {
    this.put(this.#memo.size);
  }

  get(index: number): void {
    if (!this.#memo.has(index)) throw invalidCheckpoint('a known memo entry', `${index}`);
    this.push(this.#memo.get(index));
  }

  async bytes(length: number): Promise<Buffer> {
    if (length > LONGEST_FIXED) this.#count(length);
    await this.#cursor.fill(length);
    return this.#cursor.take(length);
  }

  async uint(bytes: 1 | 2 | 4): Promise<number> {
    return (await this.bytes(bytes)).readUIntLE(0, bytes);
  }

  /** A string with its length (of one or four bytes) before it. */
  async text(lengthBytes: 1 | 4): Promise<string> {
    return (await this.bytes(await this.uint(lengthBytes))).toString('utf8');
  }

  /** Text up to the end of its line. */
  async line(): Promise<string> {
    const characters: number[] = [];
    for (;;) {
      const [byte] = await this.bytes(1);
      if (byte === 0x0a) return Buffer.from(characters).toString('utf8');
      this.#count(1);
      characters.push(byte);
      if (characters.length > 1000) throw invalidCheckpoint('a short name', 'a long one');
    }
  }

  #count(bytes: number): void {
    this.#textBytes += bytes;
    if (this.#textBytes > CHECKPOINT_LIMITS.textBytes) {
      throw invalidCheckpoint(`at most ${CHECKPOINT_LIMITS.textBytes} bytes of text`, 'more');
    }
  }
}
