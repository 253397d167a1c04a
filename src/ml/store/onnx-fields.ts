/**
 * Whether a file is an ONNX model: a protobuf message (protobuf.dev, "Encoding") whose fields on the
 * uppermost level are those of ModelProto (onnx.proto3), a graph among them, and which ends where
 * the file ends. Only the fields' headers are read, so a file of any size takes a few small reads.
 */

/** Reads up to `length` bytes at a place; fewer at the file's end. */
export type ReadAt = (at: number, length: number) => Promise<Buffer>;

const VARINT = 0;
const LENGTH = 2;

/** Wire type of each field of ModelProto. */
const FIELDS = new Map([
  [1, VARINT], // ir_version
  [2, LENGTH], // producer_name
  [3, LENGTH], // producer_version
  [4, LENGTH], // domain
  [5, VARINT], // model_version
  [6, LENGTH], // doc_string
  [7, LENGTH], // graph
  [8, LENGTH], // opset_import
  [14, LENGTH], // metadata_props
  [20, LENGTH], // training_info
  [25, LENGTH], // functions
  [26, LENGTH], // configuration
]);
const GRAPH = 7;
const OPSET = 8;

/** More fields than any model has: a file of small ones must not keep anybody busy. */
const MOST_FIELDS = 10_000;

export async function isOnnx(readAt: ReadAt, size: number): Promise<boolean> {
  const seen = new Set<number>();
  let at = 0;
  for (let count = 0; at < size; count += 1) {
    if (count === MOST_FIELDS) return false;
    const head = await readAt(at, 20);
    const tag = varint(head, 0);
    if (!tag) return false;
    const value = varint(head, tag.end);
    if (!value) return false;
    const field = Math.floor(tag.value / 8);
    if (FIELDS.get(field) !== tag.value % 8) return false;
    seen.add(field);
    at += value.end + (tag.value % 8 === LENGTH ? value.value : 0);
  }
  return at === size && seen.has(GRAPH) && seen.has(OPSET);
}

function varint(bytes: Buffer, start: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let end = start, scale = 1; end < Math.min(bytes.length, start + 10); scale *= 128) {
    const byte = bytes[end];
    end += 1;
    value += (byte % 128) * scale;
    if (byte < 128) return { value, end };
  }
  return undefined;
}
