/** Recognises model files by their content. */
import { type FileHandle, open } from 'node:fs/promises';
import { LipwireError } from '../../contract';
import { fieldHeader } from '../onnx/read';

/** `pytorch-zip`: torch.save since 1.6; `pytorch-legacy`: before that. */
export type FileFormat = 'onnx' | 'pytorch-zip' | 'pytorch-legacy';

/** Protocol 2, then the number 0x1950a86a20f9469cfc6c, pickled: torch/serialization.py's magic. */
const LEGACY = Buffer.from('80028a0a6cfc9c46f9206aa850192e', 'hex');

/** A zip's local header (APPNOTE 4.3.7): signature, and the name's length and place. */
const ZIP = Buffer.from('504b0304', 'hex');
const NAME_LENGTH_AT = 26;
const NAME_AT = 30;

/**
 * The format of a model file, by a few small reads.
 * @throws E_MODEL_INVALID for anything else, saying what it is instead; E_PATH
 */
export async function recogniseModel(file: string, called = file): Promise<FileFormat> {
  const handle = await open(file, 'r').catch((cause: NodeJS.ErrnoException) => {
    const sentence = `Expected a readable model file but ${called} could not be opened (${cause.code ?? cause.message}).`;
    throw new LipwireError('E_PATH', sentence, { cause });
  });
  try {
    const { size } = await handle.stat();
    const head = await readAt(handle, 0, 512);
    if (head.subarray(0, LEGACY.length).equals(LEGACY)) return 'pytorch-legacy';
    if (isTorchZip(head)) return 'pytorch-zip';
    if (await isOnnx((at, length) => readAt(handle, at, length), size)) return 'onnx';
    throw notAModel(called, head, size);
  } finally {
    await handle.close();
  }
}

/** torch.save writes `<anything>/data.pkl` first. */
function isTorchZip(head: Buffer): boolean {
  if (head.length < NAME_AT || !head.subarray(0, ZIP.length).equals(ZIP)) return false;
  const end = NAME_AT + head.readUInt16LE(NAME_LENGTH_AT);
  return head.length >= end && /^[^/]*\/data\.pkl$/.test(head.toString('utf8', NAME_AT, end));
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await handle.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

function notAModel(called: string, head: Buffer, size: number): LipwireError {
  return new LipwireError(
    'E_MODEL_INVALID',
    `Expected an ONNX model or a PyTorch checkpoint but ${called} is ${looks(head, size)}; ` +
      'it may be cut off or be another kind of file, so get it again.',
  );
}

function looks(head: Buffer, size: number): string {
  if (size === 0) return 'empty';
  const text = head.toString('latin1').trimStart();
  if (/^version https:\/\/git-lfs/.test(text)) return 'a Git LFS pointer, not the file itself';
  if (/^<(!doctype|html|\?xml)/i.test(text)) return 'a web page';
  if (head.subarray(0, ZIP.length).equals(ZIP)) return 'a zip file without a checkpoint in it';
  if (/^[\t\n\r -~]+$/.test(text)) return 'a text';
  return `neither (it starts with ${head.subarray(0, 4).toString('hex')})`;
}

/** Reads up to `length` bytes at a place; fewer at the file's end. */
type ReadAt = (at: number, length: number) => Promise<Buffer>;

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

/** More fields than any model has: bounds the reads of a hostile file. */
const MOST_FIELDS = 10_000;

/**
 * Whether a file is an ONNX model: a protobuf message (protobuf.dev, "Encoding") whose fields on the
 * uppermost level are those of ModelProto (onnx.proto3), a graph among them, and which ends where
 * the file ends. Only the fields' headers are read, so a file of any size takes a few small reads.
 */
async function isOnnx(readAt: ReadAt, size: number): Promise<boolean> {
  const seen = new Set<number>();
  let at = 0;
  for (let count = 0; at < size; count += 1) {
    if (count === MOST_FIELDS) return false;
    const head = await readAt(at, 20);
    const header = fieldHeader(head);
    if (!header || FIELDS.get(header.number) !== header.wireType) return false;
    seen.add(header.number);
    at += header.end + (header.wireType === LENGTH ? header.value : 0);
  }
  return at === size && seen.has(GRAPH) && seen.has(OPSET);
}
