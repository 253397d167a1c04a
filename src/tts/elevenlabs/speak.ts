/** Text to sound with cues, by ElevenLabs. Wire format: its reference, "Stream speech with timing". */
import {
  describe,
  LipwireError,
  nearest,
  throwIfCancelled,
  type Cue,
  type StageSettings,
} from '../../contract';
import { askJson, askService, bodyOf, failed } from '../../net/service';
import { takeCues } from '../../phonetics/foreign-cues';
import { soundsOfWords } from '../../phonetics/word-times';
import { chunks } from '../chunks';
import type { ChosenVoice, SpeakRequest, SpokenPiece, Voice, VoiceWish } from '../engine';
import { espeak } from '../espeak/engine';
import { soundIn } from '../received';
import { chooseAmong, inTime, pitchNote, type VoiceServer } from '../server';

const WHAT = 'the whole sound of the text';
/** UTF-16 units of a request. */
const LONGEST = 2000;
const MODEL = 'eleven_multilingual_v2';
const SPEEDS = { min: 0.7, max: 1.2 };
const NATURAL = 160;
const RATE = 24_000;
/** Bytes of a line: some ten minutes of sound. */
const LONGEST_LINE = 64 * 1024 * 1024;

function headersOf({ key }: VoiceServer): Record<string, string> {
  return { 'Content-Type': 'application/json', ...(key && { 'xi-api-key': key }) };
}

/** @throws E_SERVER */
export function listVoices(server: VoiceServer): Promise<Voice[]> {
  return inTime(server, async (signal) => {
    const request = {
      path: '/v1/voices',
      headers: headersOf(server),
      signal,
      tries: 1,
      patience: 6,
    };
    const { voices } = ((await askJson(server, request)) ?? {}) as { voices?: unknown };
    const all: unknown[] = Array.isArray(voices) ? voices : [];
    return all.flatMap((each) => voiceOf((each ?? {}) as Record<string, unknown>));
  });
}

function voiceOf({
  voice_id: id,
  name,
  labels,
  verified_languages: verified,
}: Record<string, unknown>) {
  if (typeof id !== 'string' || id === '') return [];
  const { language, gender } = (labels ?? {}) as Record<string, unknown>;
  const more: unknown[] = Array.isArray(verified) ? verified : [];
  const tags = [language, ...more.map((each) => (each as { language?: unknown } | null)?.language)];
  const languages = [
    ...new Set(tags.filter((tag): tag is string => typeof tag === 'string' && tag !== '')),
  ];
  const voice: Voice = {
    id,
    engine: 'elevenlabs',
    name: typeof name === 'string' ? name : id,
    languages: languages.length > 0 ? languages : ['und'],
    gender: gender === 'male' || gender === 'female' ? gender : 'unknown',
    licence: 'terms of ElevenLabs',
    installed: true,
    identifier: id,
  };
  return [voice];
}

/** @throws E_SERVER; E_VOICE where there is none, or none of that name */
export async function chooseVoice(wish: VoiceWish, server: VoiceServer): Promise<ChosenVoice> {
  const voices = await listVoices(server);
  const chosen = chooseAmong(wish, server.voice, voices, '');
  // Voices of the library are not listed; their ids have twenty letters and digits.
  if (voices.some(({ id }) => id === chosen.id) || /^[A-Za-z0-9]{20}$/.test(chosen.id))
    return chosen;
  const names = nearest(
    chosen.id,
    voices.map(({ name }) => name),
  );
  throw new LipwireError(
    'E_VOICE',
    `Expected a voice of ElevenLabs but received ${describe(chosen.id)}; the nearest are ${names.join(', ')}.`,
    { details: { nearest: names } },
  );
}

/** @throws E_SERVER, E_CANCELLED */
export async function* speak(
  { text, voice, rate, pitch, parameters, settings, progress }: SpeakRequest,
  server: VoiceServer,
  signal: AbortSignal,
): AsyncGenerator<SpokenPiece> {
  const speed = Math.min(SPEEDS.max, Math.max(SPEEDS.min, rate / NATURAL));
  const model = String(parameters['speechModel'] || server.model || MODEL);
  const pieces = chunks(text, LONGEST).filter((piece) => piece.text.trim() !== '');
  const note = pitchNote(server.title, pitch);
  for (const [index, piece] of pieces.entries()) {
    const path = `/v1/text-to-speech/${encodeURIComponent(voice.id)}/stream/with-timestamps`;
    const answer = await askService(server, {
      path: `${path}?output_format=pcm_${RATE}`,
      method: 'POST',
      headers: headersOf(server),
      body: JSON.stringify({
        text: piece.text.trim(),
        model_id: model,
        ...(speed !== 1 && { voice_settings: { speed } }),
      }),
      signal,
    });
    const characters: Characters = { characters: [], starts: [], ends: [] };
    const body = bodyOf(server, answer, WHAT, signal);
    const sound = soundsOf(linesOf(body, server), characters, server);
    const expected = { service: server, signal, ffmpegPath: settings.ffmpegPath, rawRate: RATE };
    const parts: Int16Array[] = [];
    let sampleRate = RATE;
    for await (const part of soundIn(sound, 'audio/pcm', expected)) {
      parts.push(part.samples);
      sampleRate = part.sampleRate;
    }
    const samples = joined(parts);
    if (samples.length === 0) throw failed(server, 'sound', 'it sent none', 'see its log');
    // In one piece: the times of its characters count from its beginning.
    const rough = cuesOf(characters, server);
    const cues = rough && (await withSounds(rough, piece.text, voice.language, settings, signal));
    yield { samples, sampleRate, cues, ...(index === 0 && note && { note }) };
    progress(index + 1, pieces.length);
  }
}

interface Characters {
  characters: unknown[];
  starts: unknown[];
  ends: unknown[];
}

/** Lines of JSON, however the bytes are cut. */
async function* linesOf(
  body: AsyncIterable<Buffer>,
  server: VoiceServer,
): AsyncGenerator<Record<string, unknown>> {
  let rest: Buffer[] = [];
  let length = 0;
  const read = (line: Buffer): Record<string, unknown> => {
    try {
      const value = JSON.parse(line.toString('utf8')) as unknown;
      if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
    } catch {
      // Told below.
    }
    throw failed(server, WHAT, 'it sent a line that is no JSON', 'see its log');
  };
  for await (const chunk of body) {
    let from = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, from)) {
      const line = Buffer.concat([...rest, chunk.subarray(from, end)]);
      rest = [];
      length = 0;
      from = end + 1;
      if (line.toString('latin1').trim() !== '') yield read(line);
    }
    rest.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length > LONGEST_LINE) throw failed(server, WHAT, 'its line does not end', 'see its log');
  }
  const last = Buffer.concat(rest);
  if (last.toString('latin1').trim() !== '') yield read(last);
}

/** The sound of the lines; their alignments are put into `characters`. */
async function* soundsOf(
  lines: AsyncIterable<Record<string, unknown>>,
  into: Characters,
  server: VoiceServer,
): AsyncGenerator<Buffer> {
  for await (const { audio_base64: audio, alignment } of lines) {
    if (typeof alignment === 'object' && alignment !== null) {
      const column = (name: string): unknown[] => {
        const found = (alignment as Record<string, unknown>)[name];
        return Array.isArray(found) ? found : [];
      };
      into.characters.push(...column('characters'));
      into.starts.push(...column('character_start_times_seconds'));
      into.ends.push(...column('character_end_times_seconds'));
    }
    if (audio !== undefined && audio !== null && typeof audio !== 'string') {
      throw failed(server, WHAT, 'its audio_base64 is no text', 'see its log');
    }
    if (audio) yield Buffer.from(audio, 'base64');
  }
}

/** Without usable times there are no cues: the sound drives the mouth then. */
function cuesOf({ characters, starts, ends }: Characters, server: VoiceServer): Cue[] | undefined {
  if (characters.length === 0) return undefined;
  try {
    return takeCues(
      {
        characters,
        character_start_times_seconds: starts,
        character_end_times_seconds: ends,
      },
      `the alignment of ${server.title}`,
    );
  } catch {
    return undefined;
  }
}

/**
 * The words with the sounds that eSpeak NG reads in them. Where it is not installed, or does not speak
 * the language, the letters' own sounds stay, which are rough.
 */
async function withSounds(
  rough: Cue[],
  text: string,
  language: string,
  settings: StageSettings,
  signal: AbortSignal,
): Promise<Cue[]> {
  const words = rough.filter(({ type }) => type === 'word');
  const reading: Cue[] = [];
  try {
    const wish = { text, voice: '', language: language === 'und' ? '' : language, parameters: {} };
    const voice = await espeak.chooseVoice({ ...wish, settings });
    const request = { text, voice, rate: NATURAL, pitch: 50, parameters: {}, settings };
    for await (const { cues = [] } of espeak.speak(
      { ...request, progress: () => undefined },
      signal,
    )) {
      reading.push(...cues);
    }
  } catch (error) {
    throwIfCancelled(signal);
    if (!(error instanceof LipwireError)) throw error;
    return rough;
  }
  const found = soundsOfWords(words, reading);
  // Numbers and the like are read in other words: then the letters say more.
  const silent = found.filter(({ type }, i) => type === 'word' && found[i + 1]?.type !== 'phoneme');
  return silent.length > words.length / 3 ? rough : found;
}

function joined(parts: readonly Int16Array[]): Int16Array {
  const all = new Int16Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
