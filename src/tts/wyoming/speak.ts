/** Text to sound by a Wyoming server. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, LipwireError, nearest, throwIfCancelled } from '../../contract';
import { failed } from '../../net/service';
import { WyomingConnection } from '../../net/wyoming';
import { chunks } from '../chunks';
import type { ChosenVoice, SpeakRequest, SpokenPiece, Voice, VoiceWish } from '../engine';
import { monoSamples } from '../received';
import { chooseAmong, inTime, pitchNote, type VoiceServer } from '../server';

const SOUND = 'the whole sound of the text';
/** Seconds until the description comes. */
const DESCRIBED = 6;
/** UTF-16 units of a request: old servers speak one as a whole. */
const LONGEST = 1500;
/** Milliseconds before each further try to connect. */
const BACK_OFF = [500, 1000];

/** What a server says of itself. */
export interface Described {
  voices: Voice[];
  /** Whether it speaks sentence by sentence. */
  isStreaming: boolean;
}

interface Artifact {
  name?: unknown;
  description?: unknown;
  installed?: unknown;
  attribution?: { name?: unknown };
  languages?: unknown;
  speakers?: unknown;
  voices?: unknown;
  models?: unknown;
  supports_synthesize_streaming?: unknown;
}

/** @throws E_SERVER */
export function describeServer(server: VoiceServer): Promise<Described> {
  return inTime(server, async (signal) => {
    const connection = await WyomingConnection.open(server, signal);
    connection.send({ type: 'describe' });
    for await (const { type, data } of connection.events('its description', DESCRIBED)) {
      if (type === 'info') return described(data);
    }
    throw failed(server, 'its description', 'it sent none', 'see its log');
  });
}

function described({ tts }: Record<string, unknown>): Described {
  const programs = listOf(tts);
  const voices = programs.flatMap((program) => {
    // The protocol's README says `models`, its code `voices`.
    const own = [...listOf(program.voices), ...listOf(program.models)];
    return own.flatMap((voice) => voiceOf(voice, program));
  });
  return {
    voices: voices.sort((a, b) => Number(b.installed) - Number(a.installed)),
    isStreaming: programs.some((program) => program.supports_synthesize_streaming === true),
  };
}

function listOf(value: unknown): Artifact[] {
  const all: unknown[] = Array.isArray(value) ? value : [];
  return all.filter((each): each is Artifact => typeof each === 'object' && each !== null);
}

function voiceOf(voice: Artifact, program: Artifact): Voice[] {
  const { name, description, languages, installed, attribution } = voice;
  if (typeof name !== 'string' || name === '') return [];
  const tags: unknown[] = Array.isArray(languages) ? languages : [];
  const known = tags.filter((tag): tag is string => typeof tag === 'string' && tag !== '');
  const by = [attribution?.name, program.name].find((each) => typeof each === 'string');
  return [
    {
      id: name,
      engine: 'wyoming',
      name: typeof description === 'string' && description ? description : name,
      languages: known.length > 0 ? known.map((tag) => tag.replaceAll('_', '-')) : ['und'],
      gender: 'unknown',
      licence: by ? `as ${String(by)} says` : 'as the server says',
      installed: installed !== false,
      identifier: name,
    },
  ];
}

/** @throws E_SERVER */
export async function listVoices(server: VoiceServer): Promise<Voice[]> {
  return (await describeServer(server)).voices;
}

/** @throws E_SERVER; E_VOICE for one that the server does not list, as it would speak with another */
export async function chooseVoice(wish: VoiceWish, server: VoiceServer): Promise<ChosenVoice> {
  const { voices } = await describeServer(server);
  const chosen = chooseAmong(wish, server.voice, voices, '');
  if (chosen.id === '' || voices.length === 0 || voices.some(({ id }) => id === chosen.id)) {
    return chosen;
  }
  const names = nearest(
    chosen.id,
    voices.map(({ id }) => id),
  );
  throw new LipwireError(
    'E_VOICE',
    `Expected a voice of ${server.title} at ${server.address} but received ${describe(chosen.id)}; the nearest are ${names.join(', ')}.`,
    { details: { nearest: names } },
  );
}

/** @throws E_SERVER, E_CANCELLED */
export async function* speak(
  request: SpeakRequest,
  server: VoiceServer,
  signal: AbortSignal,
): AsyncGenerator<SpokenPiece> {
  const { text, voice, rate, pitch, parameters, progress } = request;
  const speaker = String(parameters['speakerName'] ?? '');
  const named = {
    ...(voice.id ? { name: voice.id } : voice.language !== 'und' && { language: voice.language }),
    ...(speaker && { speaker }),
  };
  const { isStreaming } = await describeServer(server);
  const pieces = chunks(text, LONGEST).filter((piece) => piece.text.trim() !== '');
  const notes = [pitchNote(server.title, pitch), rate === 160 ? undefined : rateNote(server.title)];
  let note = notes.filter((each) => each !== undefined).join(' ');
  let asked: object = named;
  for (const [index, piece] of pieces.entries()) {
    const words = piece.text.trim();
    let heard = 0;
    const say = async function* (): AsyncGenerator<SpokenPiece> {
      const said = { text: words, ...(Object.keys(asked).length > 0 && { voice: asked }) };
      const connection = await openPatiently(server, signal);
      for await (const sound of spoken(connection, said, isStreaming, server)) {
        heard += sound.samples.length;
        yield { ...sound, ...(note && { note }) };
        note = '';
      }
    };
    try {
      yield* say();
    } catch (error) {
      throwIfCancelled(signal);
      // Servers list voices that they would have to download first.
      const mayDiffer = voice.id && !voice.isNamed && heard === 0 && index === 0;
      if (!mayDiffer || !(error instanceof LipwireError) || error.code !== 'E_SERVER') throw error;
      asked = speaker ? { speaker } : {};
      note = `${server.title} spoke with its own voice, as it failed with ${voice.id}; name the voice that is meant. ${note}`;
      yield* say();
    }
    if (heard === 0) throw failed(server, 'sound', 'it sent none', 'see its log');
    progress(index + 1, pieces.length);
  }
}

function rateNote(title: string): string {
  return `The rate was left out: ${title} speaks at its own.`;
}

/** Tries again where nobody takes the connection: a server may be starting. */
async function openPatiently(server: VoiceServer, signal: AbortSignal): Promise<WyomingConnection> {
  for (const wait of BACK_OFF) {
    try {
      return await WyomingConnection.open(server, signal);
    } catch (error) {
      throwIfCancelled(signal);
      if (!(error instanceof LipwireError) || error.code !== 'E_SERVER') throw error;
      await sleep(wait, undefined, { signal }).catch(() => undefined);
    }
  }
  return WyomingConnection.open(server, signal);
}

type Sound = Pick<SpokenPiece, 'samples' | 'sampleRate'>;

interface Said {
  text: string;
  voice?: object;
}

/** Sends a text and takes its sound, as it comes. */
async function* spoken(
  connection: WyomingConnection,
  said: Said,
  isStreaming: boolean,
  server: VoiceServer,
): AsyncGenerator<Sound> {
  if (isStreaming) {
    const { text, voice } = said;
    connection.send({ type: 'synthesize-start', data: { ...(voice && { voice }) } });
    connection.send({ type: 'synthesize-chunk', data: { text } });
    // For servers that do not stream after all; the others pass over it.
    connection.send({ type: 'synthesize', data: { ...said } });
    connection.send({ type: 'synthesize-stop' });
  } else {
    connection.send({ type: 'synthesize', data: { ...said } });
  }
  let start: Record<string, unknown> = {};
  /** What a chunk holds of a sample whose rest comes with the next one. */
  let rest: Buffer = Buffer.alloc(0);
  for await (const event of connection.events(SOUND)) {
    if (event.type === 'audio-start') start = event.data;
    if (event.type === 'audio-chunk') {
      // Where a chunk differs from the start, the chunk is right.
      const { sampleRate, ...format } = formatOf({ ...start, ...event.data }, server);
      const bytes = rest.length > 0 ? Buffer.concat([rest, event.payload]) : event.payload;
      const whole = bytes.length - (bytes.length % ((format.bits / 8) * format.channels));
      rest = bytes.subarray(whole);
      const samples = monoSamples(bytes.subarray(0, whole), format);
      if (samples.length > 0) yield { samples, sampleRate };
    }
    if (event.type === 'synthesize-stopped') return;
    // Of a stream each sentence has an end of its own.
    if (event.type === 'audio-stop' && !isStreaming) return;
  }
}

/** @throws E_SERVER for what is no sound */
function formatOf({ rate, width, channels }: Record<string, unknown>, server: VoiceServer) {
  const isSound =
    Number(rate) >= 4000 &&
    Number(rate) <= 384_000 &&
    [1, 2, 3, 4].includes(Number(width)) &&
    [1, 2].includes(Number(channels));
  if (!isSound) {
    const why = `its sound has a rate of ${String(rate)}, ${String(width)} bytes and ${String(channels)} channels`;
    throw failed(server, SOUND, why, 'see its log');
  }
  return {
    sampleRate: Number(rate),
    channels: Number(channels),
    bits: 8 * Number(width),
    encoding: 'integer' as const,
  };
}
