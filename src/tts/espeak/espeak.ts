/**
 * Loads eSpeak NG (the optional package @echogarden/espeak-ng-emscripten, GPL-3.0) and describes
 * the part of it that is used here. Worker process only.
 */
import { readFile } from 'node:fs/promises';
import { LipwireError } from '../../contract';

export const ESPEAK_PACKAGE = '@echogarden/espeak-ng-emscripten';

/** A pointer into eSpeak's memory, as its binding takes it in place of a string. */
interface Pointer {
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

interface EspeakWorker {
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
  /** IPA, `_` between phonemes, a space between words, ` | ` between clauses; ends with a zero byte. */
  convert_to_phonemes(text: Pointer, isIpa: boolean): Pointer;
  /** Calls back with sound and events, bit by bit; `true` from the callback stops it. */
  synthesize(text: Pointer, callback: (audio: Int16Array, events: EspeakEvent[]) => boolean): void;
}

interface EspeakModule {
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

/**
 * One eSpeak NG a process, used as a pure function: text and settings in, sound and events out.
 *
 * eSpeak keeps state from call to call (the last voice, noise generators, intonation), so that the
 * same text would sound a little different each time. Its memory is therefore put back to how it
 * was after loading before every call: the same call gives the same bytes, calls of several jobs
 * may alternate, and nothing that one text does can harm the next.
 */

/** A voice as eSpeak NG describes it. */
export interface EspeakVoice {
  name: string;
  identifier: string;
  /** Lower-case language tags; a smaller priority is a better match. */
  languages: { tag: string; priority: number }[];
  gender: 'male' | 'female' | 'unknown';
}

interface Utterance {
  /** Plain text prepared by `plainText`: eSpeak reads markup in it. */
  text: string;
  /** Identifier of a voice, with `+variant` where wanted. */
  voice: string;
  /** Words a minute. */
  rate: number;
  /** 0…99 */
  pitch: number;
}

/** Sound (mono, 16 bit) and what happens in it. */
export interface Spoken {
  samples: Int16Array;
  events: EspeakEvent[];
}

const VARIANTS_FOLDER = '/usr/share/espeak-ng-data/voices/!v';
const GENDERS = ['unknown', 'male', 'female'] as const;

export class Espeak {
  readonly sampleRate: number;
  readonly voices: readonly EspeakVoice[];
  /** Names of the voice variants, for example `f3`. */
  readonly variants: readonly string[];
  readonly #module: EspeakModule;
  readonly #worker: EspeakWorker;
  readonly #memory: Uint8Array;

  constructor(module: EspeakModule) {
    this.#module = module;
    this.#worker = new module.eSpeakNGWorker();
    this.sampleRate = this.#worker.get_samplerate();
    this.voices = listVoices(this.#worker);
    this.variants = module.FS.readdir(VARIANTS_FOLDER).filter((name) => !name.startsWith('.'));
    // The binding makes its scratch buffer at the first call; that must be part of the snapshot.
    this.#worker.set_voice(this.#string('gmw/en-US'));
    this.#memory = module.HEAPU8.slice();
  }

  /** Speaks; takes about 3 ms a second of speech, during which the thread is busy. */
  speak({ text, voice, rate, pitch }: Utterance): Spoken {
    this.#reset();
    if (this.#worker.set_voice(this.#string(voice)) !== 0) {
      throw new LipwireError('E_VOICE', `Expected a voice of eSpeak NG but received "${voice}".`);
    }
    this.#worker.set_rate(rate);
    this.#worker.set_pitch(pitch);
    const parts: Int16Array[] = [];
    const events: EspeakEvent[] = [];
    this.#worker.synthesize(this.#string(text), (audio, happened) => {
      parts.push(audio);
      for (const event of happened) events.push(event);
      return false;
    });
    return { samples: concatenate(parts), events };
  }

  /**
   * How a text is read: its phonemes, and what happens while the same text is spoken. There is one
   * `end` event a clause.
   * @param text nothing in it is taken as markup
   * @param voice a name of eSpeak's, such as `en-us`
   * @throws E_VOICE
   */
  read(text: string, voice: string): { phonemes: string; events: EspeakEvent[] } {
    this.#reset();
    if (this.#worker.set_voice(this.#string(voice)) !== 0) {
      throw new LipwireError('E_VOICE', `Expected a voice of eSpeak NG but received "${voice}".`);
    }
    const { ptr } = this.#worker.convert_to_phonemes(this.#string(text), true);
    const heap = this.#module.HEAPU8;
    const phonemes = Buffer.from(heap.subarray(ptr, heap.indexOf(0, ptr))).toString('utf8');
    // What is spoken would take them for markup; a letter in their place keeps all positions.
    const { events } = this.speak({
      text: text.replace(/[<&]/g, 'x'),
      voice,
      rate: 300,
      pitch: 50,
    });
    return { phonemes, events };
  }

  #reset(): void {
    const heap = this.#module.HEAPU8;
    heap.set(this.#memory);
    heap.fill(0, this.#memory.length);
  }

  /** A C string in eSpeak's memory; the next reset takes it away. */
  #string(text: string): Pointer {
    const bytes = Buffer.from(`${text}\0`);
    const ptr = this.#module._webidl_malloc(bytes.length);
    this.#module.HEAPU8.set(bytes, ptr);
    return { ptr };
  }
}

let loading: Promise<Espeak> | undefined;

/**
 * eSpeak NG, loaded when first needed.
 * @throws E_MODEL_MISSING, E_MODEL_INVALID
 */
export function loadEspeak(): Promise<Espeak> {
  loading ??= loadEspeakPackage()
    .then((module) => new Espeak(module))
    .catch((error: unknown) => {
      // Installed meanwhile? The next job tries again.
      loading = undefined;
      throw error;
    });
  return loading;
}

function listVoices(worker: EspeakWorker): EspeakVoice[] {
  return worker.list_voices().map((voice, index) => ({
    name: voice.name.trim(),
    identifier: voice.identifier,
    languages: voice.languages.map(({ name, priority }) => ({ tag: name.toLowerCase(), priority })),
    gender: GENDERS[worker.get_voices(index).get_gender()] ?? 'unknown',
  }));
}

function concatenate(parts: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
