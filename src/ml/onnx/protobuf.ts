/**
 * Writes the protocol buffers wire format: just what an ONNX file needs.
 * Format: https://protobuf.dev/programming-guides/encoding/
 */

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** Collects the fields of one message; nested messages are writers of their own. */
export class MessageWriter {
  readonly #chunks: Uint8Array[] = [];

  /** A whole number (int32, int64, enum); negative numbers take ten bytes, as the format asks. */
  integer(field: number, value: number): this {
    this.#tag(field, VARINT);
    this.#varint(BigInt(value));
    return this;
  }

  /** A 32-bit float. */
  float(field: number, value: number): this {
    this.#tag(field, FIXED32);
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    this.#chunks.push(bytes);
    return this;
  }

  /** A string in UTF-8. */
  string(field: number, value: string): this {
    return this.bytes(field, Buffer.from(value, 'utf8'));
  }

  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, LENGTH_DELIMITED);
    this.#varint(BigInt(value.byteLength));
    this.#chunks.push(value);
    return this;
  }

  /** A nested message; its bytes are not copied until the outermost one is finished. */
  message(field: number, value: MessageWriter): this {
    this.#tag(field, LENGTH_DELIMITED);
    this.#varint(BigInt(value.#chunks.reduce((sum, { byteLength }) => sum + byteLength, 0)));
    for (const chunk of value.#chunks) this.#chunks.push(chunk);
    return this;
  }

  /** The message as it stands. */
  finish(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  #tag(field: number, wireType: number): void {
    this.#varint(BigInt((field << 3) | wireType));
  }

  #varint(value: bigint): void {
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, value);
    do {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      bytes.push(rest > 0n ? low | 0x80 : low);
    } while (rest > 0n);
    this.#chunks.push(Uint8Array.from(bytes));
  }
}
