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
 * The voice for a wish: the one that is named, else the server's default of the settings, else the best
 * for the language, else the first of all.
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
  const found = named ? voices.find(same) : (bestFor(voices, spoken) ?? voices[0]);
  return {
    id: found?.id ?? (named || otherwise),
    language: spoken || found?.languages.find((tag) => tag !== 'und') || 'und',
    ...(named && { isNamed: true }),
  };
}

/** By preference: Piper's middle quality is fast and good. */
const QUALITIES = ['medium', 'high', 'low', 'x_low'];

/** The best voice that speaks a language: of its own or usual region, and of a good quality. */
function bestFor(voices: readonly Voice[], language: string): Voice | undefined {
  const [base, region = usualRegion(language)] = parts(language);
  if (!base) return undefined;
  const able = voices.filter((voice) => voice.languages.some((tag) => parts(tag)[0] === base));
  const rank = ({ languages, id, installed }: Voice): number => {
    const isHere = languages.some((tag) => parts(tag)[1] === region);
    const quality = QUALITIES.findIndex((name) => id.endsWith(`-${name}`));
    return (installed ? 0 : 100) + (isHere ? 0 : 10) + (quality < 0 ? 0 : quality);
  };
  return [...able].sort((a, b) => rank(a) - rank(b))[0];
}

/** `en-GB` or `en_gb` → `en`, `gb`. */
function parts(tag: string): string[] {
  return tag.toLowerCase().split(/[-_]/);
}

/** `en` → `us`; undefined for what is no language. */
function usualRegion(language: string): string | undefined {
  try {
    return new Intl.Locale(language).maximize().region?.toLowerCase();
  } catch {
    return undefined;
  }
}

/** What a server does not do, as a sentence. */
export function pitchNote(title: string, pitch: number): string | undefined {
  return pitch === 50 ? undefined : `The pitch was left out: ${title} cannot change it.`;
}
