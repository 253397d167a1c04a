/** What engines have in common whose voices are on a server that a person has set up. Light. */
import {
  type Health,
  healthOf,
  LipwireError,
  serverAddress,
  type ServerName,
  type ServerSettings,
  type StageSettings,
} from '../contract';
import { languageOfScript } from '../phonetics/script';
import type { Service } from '../net/service';
import type { ChosenVoice, Voice, VoiceWish } from './engine';

/** A server, ready to be asked. */
export type VoiceServer = ServerSettings & Service;

/**
 * The server of a kind.
 * @throws E_MODEL_MISSING where none is set up, E_INPUT for a wrong address
 */
export function serverOf(
  name: ServerName,
  title: string,
  { servers = {} }: Pick<StageSettings, 'servers'>,
): VoiceServer {
  const found = servers[name];
  if (!found) {
    const variable = `LIPWIRE_${name.toUpperCase()}_ADDRESS`;
    throw new LipwireError(
      'E_MODEL_MISSING',
      `Expected ${title} but none is set up; give its address in the studio, or in the environment variable ${variable}.`,
    );
  }
  const address = serverAddress(name, found.address, `the address of ${title}`);
  return { ...found, address, title };
}

/** Whether a server of a kind is set up. */
export function isSetUp(
  name: ServerName,
  { servers = {} }: Pick<StageSettings, 'servers'>,
): boolean {
  return servers[name] !== undefined;
}

/** What of a server decides the sound: not its key. */
export function serverKey(name: ServerName, { servers = {} }: StageSettings): string {
  const found = servers[name];
  return found ? [found.address, found.model, found.voice].join(' ') : 'not set up';
}

/** Milliseconds that a dialog waits for the voices of a server. */
const LISTING = 8000;

/** A signal for questions that people wait for. */
export function soon(): AbortSignal {
  return AbortSignal.timeout(LISTING);
}

/**
 * The health of a server: whether it answers, and how many voices it has.
 * @param list its voices
 */
export function serverHealth(list: () => Promise<Voice[]>): Promise<Health<{ voices: number }>> {
  return healthOf(async () => ({ voices: (await list()).length }));
}

/** A signal's abort as the error that it is: without an answer in time. */
export async function inTime<T>(
  server: VoiceServer,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const signal = soon();
  try {
    return await work(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new LipwireError(
      'E_SERVER',
      `Expected an answer from ${server.title} at ${server.address} but it has not answered for ${LISTING / 1000} s; see whether it is overloaded.`,
      { cause: error },
    );
  }
}

/**
 * The voice for a wish: the one that is named, else the server's default of the settings, else the first
 * that speaks the language, else the first of all.
 * @param voices as the server lists them; none where it does not
 * @param otherwise what is asked for where nothing is known
 */
export function chooseAmong(
  { text, voice, language }: VoiceWish,
  preset: string,
  voices: readonly Voice[],
  otherwise: string,
): ChosenVoice {
  const spoken = language.trim() || languageOfScript(text) || '';
  const named = voice.trim() || preset;
  const same = (one: Voice): boolean =>
    [one.id, one.name, one.identifier].some((each) => each.toLowerCase() === named.toLowerCase());
  const found = named
    ? voices.find(same)
    : (voices.find(({ languages }) => languages.some((tag) => isAlike(tag, spoken))) ?? voices[0]);
  return {
    id: found?.id ?? (named || otherwise),
    language: spoken || found?.languages.find((tag) => tag !== 'und') || 'und',
  };
}

/** Whether two tags are of the same language; none for an empty one. */
function isAlike(tag: string, wanted: string): boolean {
  const base = (one: string): string => one.toLowerCase().split(/[-_]/)[0];
  return wanted !== '' && base(tag) === base(wanted);
}

/** What a server does not do, as a sentence. */
export function pitchNote(title: string, pitch: number): string | undefined {
  return pitch === 50 ? undefined : `The pitch was left out: ${title} cannot change it.`;
}
