/**
 * One eSpeak NG a process, used as a pure function: text and settings in, sound and events out.
 *
 * eSpeak keeps state from call to call (the last voice, noise generators, intonation), so that the
 * same text would sound a little different each time. Its memory is therefore put back to how it
 * was after loading before every call: the same call gives the same bytes, calls of several jobs
 * may alternate, and nothing that one text does can harm the next.
 */
import { LipwireError } from '../../contract';
import {
  loadEspeakPackage,
  type EspeakEvent,
  type EspeakModule,
  type EspeakWorker,
  type Pointer,
} from './espeak-package';

/** A voice as eSpeak NG describes it. */
export interface EspeakVoice {
  name: string;
  identifier: string;
  /** Lower-case language tags; a smaller priority is a better match. */
  languages: { tag: string; priority: number }[];
  gender: 'male' | 'female' | 'unknown';
}

export interface Utterance {
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
