/** Piper's published voices: the entries of `models/voices.json`. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { manifestFile } from '../tfjs/packaged';

/** One of a voice's two files. */
export interface VoiceFile {
  bytes: number;
  /** As the publisher's own list has it. */
  md5: string;
  /** In hex, where it is known. */
  sha256?: string;
}

export interface PublishedVoice {
  /** For example `en_US-ljspeech-medium`. */
  id: string;
  /** Below the address of all voices. */
  folder: string;
  /** BCP 47. */
  language: string;
  languageName: string;
  speakers: number;
  licence: string;
  /** null: not known. */
  commercialUse: boolean | null;
  network: VoiceFile;
  settings: VoiceFile;
}

interface VoiceList {
  source: string;
  voices: PublishedVoice[];
}

let list: VoiceList | undefined;

/** The voices, and the address that their folders are below. */
export function publishedVoices(): Readonly<VoiceList> {
  list ??= JSON.parse(
    readFileSync(path.join(path.dirname(manifestFile()), 'voices.json'), 'utf8'),
  ) as VoiceList;
  return list;
}

/** The licence of a Piper voice by its id; one that nobody published has an unknown one. */
export function voiceLicence(id: string): Pick<PublishedVoice, 'licence' | 'commercialUse'> {
  const found = publishedVoices().voices.find((voice) => voice.id === id);
  if (!found) return { licence: 'not known', commercialUse: null };
  return { licence: found.licence, commercialUse: found.commercialUse };
}
