/** Piper voices in a folder: each an ONNX file with its settings beside it in `….onnx.json`. */
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { LipwireError } from '../../contract';

/** What is used of a voice's settings. */
export interface PiperConfig {
  sampleRate: number;
  /** A name of eSpeak's, for example `en-us`. */
  espeakVoice: string;
  /** How text becomes phonemes: by eSpeak, or the letters themselves. */
  phonemeType: 'espeak' | 'text';
  ids: ReadonlyMap<string, readonly number[]>;
  noiseScale: number;
  lengthScale: number;
  noiseW: number;
  speakers: number;
  /** Speakers' numbers by name. */
  speakerIds: ReadonlyMap<string, number>;
  defaultSpeaker: number;
  /** Samples a frame. */
  hopLength: number;
  /** Runs of signs that are one phoneme, the longest first. */
  clusters: readonly (readonly string[])[];
  /** Old voices: signs that stand for others. */
  replaced: ReadonlyMap<string, readonly string[]>;
  /** BCP 47. */
  language: string;
  /** The language's name in English, with its country. */
  languageName: string;
}

export interface PiperFile {
  /** The file's name without its ending, for example `en_US-joe-medium`. */
  id: string;
  /** The network's path. */
  file: string;
  /** Its size and time, for cache keys. */
  bytes: number;
  mtime: number;
}

/** Folders inside the models folder where voices are looked for as well. */
const FOLDERS = ['', 'voices', 'piper'];
const ENDING = '.onnx.json';

/** The Piper voices in a models folder, by id. None where there is no such folder. */
export async function piperFiles(modelsFolder: string): Promise<PiperFile[]> {
  const found = new Map<string, PiperFile>();
  for (const name of FOLDERS) {
    const folder = path.join(modelsFolder, name);
    const names = await readdir(folder).catch(() => []);
    for (const config of names.filter((each) => each.endsWith(ENDING) && !each.startsWith('.'))) {
      const id = config.slice(0, -ENDING.length);
      const file = path.join(folder, `${id}.onnx`);
      const stats = await stat(file).catch(() => undefined);
      if (!stats?.isFile() || found.has(id)) continue;
      found.set(id, { id, file, bytes: stats.size, mtime: stats.mtimeMs });
    }
  }
  return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Larger than any voice's settings. */
const LARGEST = 2 ** 20;

/** @throws E_MODEL_INVALID naming the file and what is wrong; E_PATH when it cannot be read */
export async function piperConfig({ file }: Pick<PiperFile, 'file'>): Promise<PiperConfig> {
  const settings = `${file}.json`;
  const { size } = await stat(settings).catch((cause: unknown) => {
    const { code } = cause as NodeJS.ErrnoException;
    throw new LipwireError('E_PATH', `Expected ${settings} but it cannot be read (${code}).`, {
      cause,
    });
  });
  try {
    if (size > LARGEST) throw new Error(`it has ${size} bytes`);
    return parseConfig(JSON.parse(await readFile(settings, 'utf8')));
  } catch (cause) {
    throw new LipwireError(
      'E_MODEL_INVALID',
      `Expected the settings of a Piper voice in ${settings} but ${(cause as Error).message}; get the file again.`,
      { cause },
    );
  }
}

type Json = Record<string, unknown>;

/** @throws an error that continues "but …" */
export function parseConfig(value: unknown): PiperConfig {
  const config = objectOf(value, 'it');
  const audio = objectOf(config['audio'], 'audio');
  const inference = objectOf(config['inference'] ?? {}, 'inference');
  const type = config['phoneme_type'] ?? 'espeak';
  if (type !== 'espeak' && type !== 'text') {
    throw new Error(`its phonemes are of the type ${String(type)}, which needs Piper itself`);
  }
  const espeak = type === 'text' ? {} : objectOf(config['espeak'], 'espeak');
  const espeakVoice = type === 'text' ? '' : textOf(espeak['voice'], 'espeak.voice');
  const language = objectOf(config['language'] ?? {}, 'language');
  const code = typeof language['code'] === 'string' ? language['code'] : espeakVoice;
  const english = textOr(language['name_english'], code);
  const country = textOr(language['country_english'], '');
  const clusters = arrayOf(config['vowel_clusters'] ?? [], 'vowel_clusters').map((each) =>
    arrayOf(each, 'vowel_clusters').map(String),
  );
  return {
    sampleRate: numberOf(audio['sample_rate'], 'audio.sample_rate', 4000, 96_000),
    espeakVoice,
    phonemeType: type,
    ids: new Map(
      Object.entries(objectOf(config['phoneme_id_map'], 'phoneme_id_map')).map(([sign, ids]) => [
        sign.normalize('NFD'),
        arrayOf(ids, `phoneme_id_map.${sign}`).map((id) => numberOf(id, 'an id', 0, 1e6)),
      ]),
    ),
    noiseScale: numberOf(inference['noise_scale'] ?? 0.667, 'inference.noise_scale', 0, 10),
    lengthScale: numberOf(inference['length_scale'] ?? 1, 'inference.length_scale', 0.05, 20),
    noiseW: numberOf(inference['noise_w'] ?? 0.8, 'inference.noise_w', 0, 10),
    speakers: numberOf(config['num_speakers'] ?? 1, 'num_speakers', 0, 1e5),
    speakerIds: new Map(
      Object.entries(objectOf(config['speaker_id_map'] ?? {}, 'speaker_id_map')).map(
        ([name, id]) => [name, numberOf(id, `speaker_id_map.${name}`, 0, 1e5)],
      ),
    ),
    defaultSpeaker: numberOf(config['default_speaker_id'] ?? 0, 'default_speaker_id', 0, 1e5),
    hopLength: numberOf(config['hop_length'] ?? 256, 'hop_length', 1, 4096),
    clusters: clusters.sort((a, b) => b.length - a.length),
    replaced: new Map(
      Object.entries(objectOf(config['phoneme_map'] ?? {}, 'phoneme_map')).map(([sign, others]) => [
        sign,
        arrayOf(others, `phoneme_map.${sign}`).map(String),
      ]),
    ),
    language: code.replaceAll('_', '-'),
    languageName: country ? `${english}, ${country}` : english,
  };
}

function objectOf(value: unknown, name: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw new Error(`${name} is no object`);
}

function arrayOf(value: unknown, name: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error(`${name} is no list`);
}

function textOf(value: unknown, name: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new Error(`${name} is no text`);
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' && value !== '' ? value : otherwise;
}

function numberOf(value: unknown, name: string, min: number, max: number): number {
  if (typeof value === 'number' && value >= min && value <= max) return value;
  throw new Error(`${name} is no number from ${min} to ${max}`);
}
