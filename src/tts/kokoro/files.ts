/** Kokoro's network and voices in a models folder. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { LipwireError } from '../../contract';
import { contentStart, FileSource, readZip } from '../../ml/checkpoint/file';

/** Numbers of a style, and the bytes of one. */
const STYLE = 256;
const ROW_BYTES = STYLE * 4;

export interface KokoroVoice {
  /** For example `af_heart`. */
  id: string;
  file: string;
  /** Its place in an archive; none for a file of its own. */
  entry?: string;
}

export interface KokoroFiles {
  /** The network's path; none where there is no network. */
  network: string | undefined;
  voices: KokoroVoice[];
  /** Names, sizes and times of all, for cache keys. */
  stamps: string[];
}

/** Folders inside the models folder where they are looked for. */
const FOLDERS = ['', 'kokoro', 'voices', 'kokoro/voices'];
const VOICE_ID = /^[abefhijpz][fm]_[a-z0-9]+$/;

/** What there is of Kokoro. @throws E_MODEL_INVALID for an archive of voices that is damaged */
export async function kokoroFiles(modelsFolder: string): Promise<KokoroFiles> {
  const networks: string[] = [];
  const voices = new Map<string, KokoroVoice>();
  const stamps: string[] = [];
  for (const name of FOLDERS) {
    const folder = path.join(modelsFolder, name);
    for (const each of (await readdir(folder).catch(() => [])).sort()) {
      const file = path.join(folder, each);
      const isNetwork = /^kokoro.*\.onnx$/i.test(each);
      const isArchive = /^(?:.*\.npz|voices.*\.bin)$/i.test(each);
      const id = each.replace(/\.bin$/, '');
      const isVoice = each.endsWith('.bin') && VOICE_ID.test(id);
      if (!isNetwork && !isArchive && !isVoice) continue;
      const stats = await stat(file).catch(() => undefined);
      if (!stats?.isFile()) continue;
      stamps.push([each, stats.size, stats.mtimeMs].join(':'));
      if (isNetwork) networks.push(file);
      else if (isVoice) voices.set(id, voices.get(id) ?? { id, file });
      else for (const one of await archived(file)) voices.set(one.id, voices.get(one.id) ?? one);
    }
  }
  // Whole numbers are slower on most processors.
  networks.sort((a, b) => Number(/int8|q8|quant/i.test(a)) - Number(/int8|q8|quant/i.test(b)));
  return { network: networks[0], voices: [...voices.values()], stamps };
}

/** The voices in an `.npz`: an archive of arrays, stored without compression. */
async function archived(file: string): Promise<KokoroVoice[]> {
  const source = await FileSource.open(file);
  try {
    return [...(await readZip(source)).keys()]
      .filter((entry) => VOICE_ID.test(entry.replace(/\.npy$/, '')))
      .map((entry) => ({ id: entry.replace(/\.npy$/, ''), file, entry }));
  } finally {
    await source.close();
  }
}

/**
 * The style for a text of so many tokens: that row of the voice, or its last one.
 * @returns 256 numbers
 * @throws E_MODEL_INVALID
 */
export async function styleOf(
  { id, file, entry }: KokoroVoice,
  tokens: number,
): Promise<Float32Array> {
  const source = await FileSource.open(file);
  try {
    let start = 0;
    let size = source.size;
    if (entry !== undefined) {
      const found = (await readZip(source)).get(entry);
      if (!found) throw invalid(id, file, 'it is not there any more');
      start = await contentStart(source, found);
      // The header of NumPy's format, version 1: magic, version, its own length.
      const head = await source.read(start, 10);
      const header = (await source.read(start + 10, head.readUInt16LE(8))).toString('latin1');
      if (head.toString('latin1', 1, 6) !== 'NUMPY' || !header.includes("'<f4'")) {
        throw invalid(id, file, 'it is no array of float32');
      }
      const before = 10 + header.length;
      start += before;
      size = found.size - before;
    }
    const rows = size / ROW_BYTES;
    if (!Number.isInteger(rows) || rows < 1) throw invalid(id, file, `it has ${size} bytes`);
    const row = Math.min(tokens, rows - 1);
    const bytes = await source.read(start + row * ROW_BYTES, ROW_BYTES);
    return new Float32Array(Uint8Array.from(bytes).buffer);
  } finally {
    await source.close();
  }
}

function invalid(id: string, file: string, problem: string): LipwireError {
  return new LipwireError(
    'E_MODEL_INVALID',
    `Expected the Kokoro voice ${id} in ${file} but ${problem}; get the file again.`,
  );
}
