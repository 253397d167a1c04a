/** Text to sound by Coqui's `tts-server`, or by the HTTP server of Piper. */
import type { LipwireError } from '../../contract';
import { askService, bodyOf, failed, readAll, type ServiceRequest } from '../../net/service';
import { chunks } from '../chunks';
import type { ChosenVoice, SpeakRequest, SpokenPiece, Voice, VoiceWish } from '../engine';
import { receivedSound } from '../received';
import { chooseAmong, inTime, pitchNote, type VoiceServer } from '../server';

/** UTF-16 units of a request. */
const LONGEST = 1500;
/** Characters of an address; longer texts go into a form. */
const LONGEST_ADDRESS = 1800;
const MOST_LIST = 4 * 1024 * 1024;

interface Known {
  kind: 'coqui' | 'piper';
  voices: Voice[];
}

/** Which server it is and what it lists: Piper's lists its voices in JSON, Coqui's in lines. */
function look(server: VoiceServer): Promise<Known> {
  return inTime(server, async (signal) => {
    try {
      const request = { path: '/voices', signal, tries: 1, patience: 6 };
      const answer = await askService(server, request);
      const text = await readAll(bodyOf(server, answer, 'its voices', signal), MOST_LIST);
      return known(text.toString('utf8'));
    } catch (error) {
      const { details } = error as LipwireError;
      // Servers of Coqui before MaryTTS's interface.
      if (details?.['status'] === 404) return { kind: 'coqui', voices: [] };
      throw error;
    }
  });
}

function known(text: string): Known {
  try {
    const all = JSON.parse(text) as Record<string, unknown>;
    const voices = Object.entries(all).map(([id, about]) => {
      const { language } = (about ?? {}) as { language?: { code?: unknown } };
      return voiceOf(id, typeof language?.code === 'string' ? language.code : undefined);
    });
    return { kind: 'piper', voices };
  } catch {
    // `name locale sex`, a line each; the name is the model's, which no request names.
    return { kind: 'coqui', voices: [] };
  }
}

function voiceOf(id: string, language?: string): Voice {
  const [, code] = /^([a-z]{2,3}_[A-Z]{2})-/.exec(id) ?? [];
  const tag = (language ?? code)?.replaceAll('_', '-') ?? 'und';
  const facts = { gender: 'unknown', licence: 'as the server says', installed: true } as const;
  return { id, engine: 'coqui', name: id, languages: [tag], ...facts, identifier: id };
}

/** @throws E_SERVER */
export async function listVoices(server: VoiceServer): Promise<Voice[]> {
  return (await look(server)).voices;
}

/** @throws E_SERVER */
export async function chooseVoice(wish: VoiceWish, server: VoiceServer): Promise<ChosenVoice> {
  const { voices } = await look(server);
  const isNamed = wish.voice.trim() !== '' || server.voice !== '';
  return chooseAmong(wish, server.voice, isNamed ? [] : voices, '');
}

/** @throws E_SERVER, E_CANCELLED */
export async function* speak(
  { text, voice, rate, pitch, parameters, settings, progress }: SpeakRequest,
  server: VoiceServer,
  signal: AbortSignal,
): AsyncGenerator<SpokenPiece> {
  const { kind } = await look(server);
  const pieces = chunks(text, LONGEST).filter((piece) => piece.text.trim() !== '');
  const speaker = String(parameters['speakerName'] ?? '');
  const language = String(parameters['language'] ?? '');
  const isPlain = kind === 'piper' || rate === 160;
  const notes = [
    pitchNote(server.title, pitch),
    isPlain ? undefined : `The rate was left out: ${server.title} speaks at its own.`,
  ];
  let note = notes.filter((each) => each !== undefined).join(' ');
  for (const [index, piece] of pieces.entries()) {
    const said = piece.text.trim();
    const request =
      kind === 'piper'
        ? piperRequest({ text: said, voice: voice.id, speaker, length_scale: 160 / rate })
        : coquiRequest({
            text: said,
            speaker_id: speaker || voice.id,
            language_id: language.split(/[-_]/)[0],
          });
    const answer = await askService(server, { ...request, signal });
    let heard = 0;
    const expected = { service: server, signal, ffmpegPath: settings.ffmpegPath };
    for await (const { samples, sampleRate } of receivedSound(answer, expected)) {
      heard += samples.length;
      yield { samples, sampleRate, ...(note && { note }) };
      note = '';
    }
    if (heard === 0) throw failed(server, 'sound', 'it sent none', 'see its log');
    progress(index + 1, pieces.length);
  }
}

type Request = Omit<ServiceRequest, 'signal'>;

function coquiRequest(fields: Record<string, string>): Request {
  const form = new URLSearchParams(Object.entries(fields).filter(([, value]) => value !== ''));
  const path = `/api/tts?${form.toString()}`;
  if (path.length <= LONGEST_ADDRESS) return { path };
  return {
    path: '/api/tts',
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  };
}

function piperRequest(fields: Record<string, string | number>): Request {
  const set = Object.entries(fields).filter(([, value]) => value !== '' && value !== 1);
  return {
    path: '/synthesize',
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(Object.fromEntries(set)),
  };
}
