/**
 * Loads eSpeak NG (the optional package @echogarden/espeak-ng-emscripten, GPL-3.0) and describes
 * the part of it that is used here. Engine process only.
 */
import { readFile } from 'node:fs/promises';
import { LipwireError } from '../../contract';

export const ESPEAK_PACKAGE = '@echogarden/espeak-ng-emscripten';

/** A pointer into eSpeak's memory, as its binding takes it in place of a string. */
export interface Pointer {
  readonly ptr: number;
}

export interface EspeakEvent {
  type: string;
  /** Counted in characters from 1. */
  text_position: number;
  /** Milliseconds from the beginning of the sound. */
  audio_position: number;
  /** A phoneme's name, or a word's number. */
  id?: string | number;
}

export interface EspeakWorker {
  set_voice(name: Pointer): number;
  set_rate(wordsPerMinute: number): void;
  set_pitch(pitch: number): void;
  get_samplerate(): number;
  list_voices(): {
    name: string;
    identifier: string;
    languages: { priority: number; name: string }[];
  }[];
  get_voices(index: number): { get_gender(): number };
  /** Calls back with sound and events, bit by bit; `true` from the callback stops it. */
  synthesize(text: Pointer, callback: (audio: Int16Array, events: EspeakEvent[]) => boolean): void;
}

export interface EspeakModule {
  eSpeakNGWorker: new () => EspeakWorker;
  /** A view that is replaced when the memory grows; never keep it. */
  HEAPU8: Uint8Array;
  FS: { readdir(path: string): string[] };
  _webidl_malloc(bytes: number): number;
}

interface EspeakOptions {
  print(line: string): void;
  printErr(line: string): void;
  getPreloadedPackage(name: string, size: number): ArrayBuffer;
}

type EspeakFactory = (options: EspeakOptions) => Promise<EspeakModule>;

/** How the package is reached; tests take another way. */
export interface PackageSource {
  load(): Promise<{ default: EspeakFactory }>;
  data(): Promise<Buffer>;
}

const INSTALLED: PackageSource = {
  // A specifier that is not a literal: the package has no types and may be absent.
  load: () => import(ESPEAK_PACKAGE as string),
  data: () => readFile(require.resolve(`${ESPEAK_PACKAGE}/espeak-ng.data`)),
};

/**
 * A new instance of eSpeak NG (about 0.2 s). What it would print goes nowhere.
 * @throws E_MODEL_MISSING when the package is not installed, E_MODEL_INVALID when it is damaged
 */
export async function loadEspeakPackage(source: PackageSource = INSTALLED): Promise<EspeakModule> {
  try {
    const [{ default: create }, data] = await Promise.all([source.load(), source.data()]);
    return await create({
      print: () => undefined,
      printErr: () => undefined,
      // Read here, because the package waits for ever when it cannot read its own data.
      getPreloadedPackage: (_name, size) => wholeData(data, size),
    });
  } catch (error) {
    throw explain(error);
  }
}

function wholeData(data: Buffer, size: number): ArrayBuffer {
  if (data.length !== size) {
    throw new Error(`its voice data has ${data.length} bytes instead of ${size}`);
  }
  const { buffer, byteOffset } = data;
  return buffer.slice(byteOffset, byteOffset + size) as ArrayBuffer;
}

function explain(error: unknown): LipwireError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND' || code === 'ENOENT') {
    return new LipwireError(
      'E_MODEL_MISSING',
      `Expected the speech synthesizer eSpeak NG but the package ${ESPEAK_PACKAGE} is not installed; run "npm install ${ESPEAK_PACKAGE}" in Node-RED's user folder.`,
      { cause: error },
    );
  }
  return new LipwireError(
    'E_MODEL_INVALID',
    `Expected eSpeak NG to load but ${message}; run "npm install ${ESPEAK_PACKAGE}" in Node-RED's user folder again.`,
    { cause: error },
  );
}
