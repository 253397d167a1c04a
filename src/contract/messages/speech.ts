import type { SpeechLoudness } from './loudness';

/** A sound of speech with its time. */
export interface Cue {
  type: 'phoneme' | 'word';
  /** An IPA phoneme, or the word as written. */
  value: string;
  start: number;
  end: number;
}

/** Speech in a WAV file. */
export interface SpeechPayload {
  kind: 'speech';
  file: string;
  duration: number;
  sampleRate: number;
  channels: number;
  text?: string;
  language?: string;
  voice?: string;
  /** What made the sound, for example `espeak` or `file`. */
  engine: string;
  cues?: Cue[];
  loudness?: SpeechLoudness;
}
