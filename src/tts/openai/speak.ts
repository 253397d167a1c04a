/** Text to sound by a server that speaks OpenAI's `/v1/audio/speech`. */
import { LipwireError } from '../../contract';
import { askJson, askService, failed } from '../../net/service';
import { chunks } from '../chunks';
import type { ChosenVoice, SpeakRequest, SpokenPiece, Voice, VoiceWish } from '../engine';
import { receivedSound } from '../received';
import { chooseAmong, inTime, pitchNote, type VoiceServer } from '../server';

/** UTF-16 units of a request; OpenAI takes 4096. */
const LONGEST = 1500;
/** Words a minute that these voices speak at a speed of 1, as those of all engines do. */
const NATURAL = 160;
const SPEEDS = { min: 0.25, max: 4 };

/** The voices of OpenAI itself, which lists none. */
const OPENAI_VOICES =
  'alloy ash ballad coral echo fable onyx nova sage shimmer verse marin cedar'.split(' ');
const OPENAI_HOST = 'api.openai.com';
const OPENAI_MODEL = 'gpt-4o-mini-tts';
/** What other servers take for "your usual one". */
const OTHER_MODEL = 'tts-1';

/** Paths below the address, which may end in the version or not. */
function pathOf({ address }: VoiceServer, path: string): string {
  return /\/v\d+$/.test(address) ? path : `/v1${path}`;
}

function headersOf({ key }: VoiceServer): Record<string, string> {
  return {
    'Content-Type': 'application/json',
    ...(key && { Authorization: `Bearer ${key}` }),
  };
}

function isOpenAi({ address }: VoiceServer): boolean {
  return new URL(address).hostname === OPENAI_HOST;
}

/** Kokoro's names tell language and sex by their first letters. */
const KOKORO_LANGUAGES: Record<string, string> = {
  ...{
    a: 'en-US',
    b: 'en-GB',
    e: 'es',
    f: 'fr-FR',
    h: 'hi',
    i: 'it',
    j: 'ja',
    p: 'pt-BR',
    z: 'zh',
  },
};

function voiceOf(id: string, name: string, language?: string): Voice {
  const [, first = '', sex = ''] = /^([abefhijpz])([fm])_/.exec(id) ?? [];
  const own = KOKORO_LANGUAGES[first];
  return {
    id,
    engine: 'openai',
    name,
    languages: [language ?? own ?? 'und'],
    gender: own ? (sex === 'f' ? 'female' : 'male') : 'unknown',
    licence: 'as the server says',
    installed: true,
    identifier: id,
  };
}

/**
 * The voices that a server lists; none where it does not.
 * @param isTest whether a server that lists none must answer at all
 * @throws E_SERVER where it does not answer
 */
export async function listVoices(server: VoiceServer, isTest = false): Promise<Voice[]> {
  if (isOpenAi(server)) {
    // Its models cost nothing to list, and need the key.
    if (isTest) await inTime(server, (signal) => list(server, '/models', signal));
    return OPENAI_VOICES.map((id) => voiceOf(id, id));
  }
  return inTime(server, async (signal) => {
    try {
      return voicesIn(await list(server, '/audio/voices', signal));
    } catch (error) {
      // Voices are not part of OpenAI's interface: what answers so is there.
      const { details } = error as LipwireError;
      const isAbsent = [404, 405, 501].includes(Number(details?.['status']));
      if (isAbsent || (error instanceof LipwireError && / JSON from /.test(error.message)))
        return [];
      throw error;
    }
  });
}

function list(server: VoiceServer, path: string, signal: AbortSignal): Promise<unknown> {
  const headers = headersOf(server);
  return askJson(server, { path: pathOf(server, path), headers, signal, tries: 1, patience: 6 });
}

/** `{voices: [...]}`, `{data: [...]}` or a list, of names or objects. */
function voicesIn(answer: unknown): Voice[] {
  const { voices, data } = (answer ?? {}) as { voices?: unknown; data?: unknown };
  const all = [answer, voices, data].find((each) => Array.isArray(each)) as unknown[] | undefined;
  return (all ?? []).flatMap((entry) => {
    if (typeof entry === 'string' && entry) return [voiceOf(entry, entry)];
    if (typeof entry !== 'object' || entry === null) return [];
    const { id, name, voice_id: other, language, lang } = entry as Record<string, unknown>;
    const found = [id, other, name].find((each): each is string => typeof each === 'string');
    if (!found) return [];
    const tag = [language, lang].find((each): each is string => typeof each === 'string');
    return [voiceOf(found, typeof name === 'string' ? name : found, tag)];
  });
}

/** @throws E_SERVER */
export async function chooseVoice(wish: VoiceWish, server: VoiceServer): Promise<ChosenVoice> {
  const isNamed = wish.voice.trim() !== '' || server.voice !== '';
  // A voice that is named needs no list.
  const voices = isNamed && !isOpenAi(server) ? [] : await listVoices(server);
  return chooseAmong(wish, server.voice, voices, OPENAI_VOICES[0]);
}

/** @throws E_SERVER, E_CANCELLED */
export async function* speak(
  { text, voice, rate, pitch, parameters, settings, progress }: SpeakRequest,
  server: VoiceServer,
  signal: AbortSignal,
): AsyncGenerator<SpokenPiece> {
  const model = String(parameters['speechModel'] || server.model || '');
  const instructions = String(parameters['instructions'] ?? '');
  const speed = Math.min(SPEEDS.max, Math.max(SPEEDS.min, rate / NATURAL));
  const request = {
    model: model || (isOpenAi(server) ? OPENAI_MODEL : OTHER_MODEL),
    voice: voice.id,
    response_format: 'wav',
    // Strict servers refuse fields that they do not know: only what is set is sent.
    ...(speed !== 1 && { speed: Math.round(speed * 1000) / 1000 }),
    ...(instructions && { instructions }),
  };
  const pieces = chunks(text, LONGEST).filter(({ text: input }) => input.trim() !== '');
  let note = pitchNote(server.title, pitch);
  for (const [index, { text: input }] of pieces.entries()) {
    const answer = await askService(server, {
      path: pathOf(server, '/audio/speech'),
      method: 'POST',
      headers: headersOf(server),
      body: JSON.stringify({ ...request, input: input.trim() }),
      signal,
    });
    let heard = 0;
    const expected = { service: server, signal, ffmpegPath: settings.ffmpegPath };
    for await (const { samples, sampleRate } of receivedSound(answer, expected)) {
      heard += samples.length;
      yield { samples, sampleRate, ...(note !== undefined && { note }) };
      note = undefined;
    }
    if (heard === 0) throw failed(server, 'sound', 'it sent none', 'see its log');
    progress(index + 1, pieces.length);
  }
}
