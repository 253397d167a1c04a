/** What a voice engine is: a way of turning a text into sound. Light; see CONTRIBUTING.md. */
import type { Cue, Health, ParameterTable, StageSettings } from '../contract';

/** A voice as people choose it. */
export interface Voice {
  /** What to set, for example `en-us` or `ar`. */
  id: string;
  /** The id of the engine that has it. */
  engine: string;
  /** For people, for example `English (America)`. */
  name: string;
  /** BCP 47, the best first; `und` for a voice that is not tied to a language. */
  languages: string[];
  gender: 'male' | 'female' | 'unknown';
  /** An SPDX identifier, or the licence's name. */
  licence: string;
  installed: boolean;
  /** The engine's own name of it where that differs from the id, for example `gmw/en-US`. */
  identifier: string;
  /** Bytes, where it is a download of its own. */
  size?: number;
}

/** What a text asks for. */
export interface VoiceWish {
  text: string;
  /** A voice's id or name, or a language; empty: by language. */
  voice: string;
  /** BCP 47; empty: the engine looks at the text. */
  language: string;
  /** Values of the stage's parameters, among them the engine's own. */
  parameters: Readonly<Record<string, unknown>>;
  settings: StageSettings;
}

/** The voice that speaks. */
export interface ChosenVoice {
  /** Everything that {@link TtsEngine.speak} needs to know of it. */
  id: string;
  /** BCP 47: as asked for, or the voice's own. */
  language: string;
  /** Whether somebody named it, and no other may speak. */
  isNamed?: boolean;
}

export interface SpeakRequest {
  text: string;
  voice: ChosenVoice;
  /** Words a minute. */
  rate: number;
  /** 0…99; 50 is the voice's own. */
  pitch: number;
  /** Values of the stage's parameters, among them the engine's own. */
  parameters: Readonly<Record<string, unknown>>;
  settings: StageSettings;
  /** So many of so many pieces are spoken. */
  progress(done: number, total: number): void;
}

/** A piece of the speech, mono. Pieces follow one another without a gap. */
export interface SpokenPiece {
  samples: Int16Array;
  /** The same for all pieces of a speech. */
  sampleRate: number;
  /** Seconds from the beginning of the piece, in order; each word comes before its phonemes (IPA). */
  cues?: Cue[];
  /** What the listener would miss, as a sentence. */
  note?: string;
}

export interface TtsEngine {
  id: string;
  /** The engine's name, the same in every language. */
  title: string;
  /** Its own, beside those of the stage; another engine may have one of the same name and kind. */
  parameters: ParameterTable;
  /** Whether `[[ˈaɪ piː ˈeɪ]]` in a text is spoken as these sounds. */
  readsIpa?: boolean;
  /** Speaks only where it is asked for by its id: `auto` passes it over. */
  onlyByName?: boolean;
  /** Whether what it needs of the settings is there; where not, lists and diagnostics leave it out. */
  isSetUp?(settings: StageSettings): boolean;
  /** npm packages that it runs on, for diagnostics; none for an engine of our own code. */
  packages: readonly string[];
  /**
   * Its voices. Loads the engine.
   * @throws E_MODEL_MISSING, E_MODEL_INVALID when they cannot be known
   */
  voices(settings: StageSettings): Promise<Voice[]>;
  /** Names that a parameter of its own may have, for the dialog's lists. Loads the engine. */
  suggestions?(settings: StageSettings): Promise<Record<string, string[]>>;
  /** Whether it can speak here; if not, why not and what to do. Loads the engine. */
  health(settings: StageSettings): Promise<Health<{ voices: number }>>;
  /**
   * What decides the sound besides the text and the parameters: the package's version, a model's
   * hash, a server's address. Light: runs on Node-RED's thread. Also where the engine is not installed.
   */
  cacheKey(voice: string, settings: StageSettings): Promise<string>;
  /**
   * The voice for a wish. Loads the engine.
   * @throws E_VOICE naming the nearest voices when it has none; E_MODEL_MISSING, E_MODEL_INVALID
   */
  chooseVoice(wish: VoiceWish): Promise<ChosenVoice>;
  /**
   * Speaks, piece by piece. Silence before the first and after the last sound is cut off by the stage.
   * @throws E_CANCELLED
   */
  speak(request: SpeakRequest, signal: AbortSignal): AsyncIterable<SpokenPiece>;
}
