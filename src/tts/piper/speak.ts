/** Text to sound with cues, by a Piper voice. */
import type { NamedNode } from '../../ml/onnx/read';
import { loadEspeak, type Espeak } from '../espeak/espeak';
import type { SpeakRequest, SpokenPiece } from '../engine';
import { withVoiceNetwork, type VoiceNetwork } from '../neural/networks';
import { readSentence, type Sign } from '../neural/reading';
import { groupsOf, OWN_RATE, speakGroups, type Run } from '../neural/speak';
import { timesOf } from '../neural/timing';
import type { PiperConfig, PiperFile } from './config';
import { idsOf, phonemesOf } from './ids';

/** How a voice is run; the noise makes each run sound a little different. */
export interface PiperScales {
  noiseScale: number;
  lengthScale: number;
  noiseW: number;
}

/** The tensor with the length of each id: the output of the only `Ceil` of the graph (VITS' "w_ceil"). */
export function durationsOf(nodes: readonly NamedNode[]): string | undefined {
  const found = nodes.filter(({ operator }) => operator === 'Ceil');
  return found.length === 1 ? found[0].outputs[0] : undefined;
}

/**
 * Speaks sentence by sentence, each in one run of the network, from a little before its first sound to
 * a little after its last.
 * @param speaker its number; only voices of several speakers take one
 * @param scales in place of the voice's own
 * @throws E_CANCELLED, E_MODEL_INVALID, E_MODEL_MISSING, E_NATIVE
 */
export async function* speak(
  { file }: Pick<PiperFile, 'file'>,
  config: PiperConfig,
  speaker: number,
  request: SpeakRequest,
  signal: AbortSignal,
  scales: Partial<PiperScales> = {},
): AsyncGenerator<SpokenPiece> {
  const espeak = config.phonemeType === 'espeak' ? await loadEspeak() : undefined;
  const wanted = {
    noiseScale: config.noiseScale,
    noiseW: config.noiseW,
    ...{ lengthScale: (config.lengthScale * OWN_RATE) / request.rate, ...scales },
  };
  const { settings, voice, text } = request;
  const groups = groupsOf(text, voice.language, piperReader(espeak, config));
  const options = { device: settings.device, durations: durationsOf };
  yield* withVoiceNetwork(file, options, (network) => {
    const notes = generalNotes(request, config);
    const run = async (signs: readonly Sign[]): Promise<Run> => {
      const { ids, sound, frames } = await infer(network, signs, config, speaker, wanted);
      const times = frames && timesOf(ids, frames, config.hopLength / config.sampleRate);
      return { sound, times, unknown: ids.unknown };
    };
    return speakGroups(groups, request, config.sampleRate, notes, run, signal);
  });
}

/** Reads a part of a text as the voice takes it. */
export function piperReader(espeak: Espeak | undefined, config: PiperConfig) {
  return (part: string, wordAt: (index: number) => number): Sign[] => {
    const signs = espeak
      ? readSentence(espeak, part, config.espeakVoice, wordAt)
      : lettersOf(part, wordAt);
    return phonemesOf(signs, config);
  };
}

/** Voices that take letters: the code points of the text. */
function lettersOf(text: string, wordAt: (index: number) => number): Sign[] {
  const signs: Sign[] = [];
  let at = 0;
  for (const character of text) {
    const word = wordAt(at);
    for (const value of character.normalize('NFD')) signs.push({ value, word });
    at += character.length;
  }
  return signs;
}

/** One run. @returns the sound, −1…1, and the length of each id in frames where the voice tells it */
export async function infer(
  network: VoiceNetwork,
  phonemes: readonly Sign[],
  config: Pick<PiperConfig, 'ids'>,
  speaker: number,
  { noiseScale, lengthScale, noiseW }: PiperScales,
): Promise<{ ids: ReturnType<typeof idsOf>; sound: Float32Array; frames?: Float32Array }> {
  const ids = idsOf(phonemes, config.ids);
  const count = ids.ids.length;
  const takesSpeaker = network.inputs.some(({ name }) => name === 'sid');
  const results = await network.run({
    input: { data: BigInt64Array.from(ids.ids, BigInt), shape: [1, count] },
    input_lengths: { data: BigInt64Array.of(BigInt(count)), shape: [1] },
    scales: { data: Float32Array.of(noiseScale, lengthScale, noiseW), shape: [3] },
    ...(takesSpeaker && { sid: { data: BigInt64Array.of(BigInt(speaker)), shape: [1] } }),
  });
  const frames = network.durations && results[network.durations];
  return { ids, sound: results['output'].data, ...(frames && { frames: frames.data }) };
}

function generalNotes({ pitch, text }: SpeakRequest, { espeakVoice }: PiperConfig): string[] {
  const notes: string[] = [];
  if (pitch !== 50) notes.push('Piper voices have one pitch: the setting was left out.');
  if (espeakVoice === 'ar' && !/[\u064B-\u0652]/.test(text)) {
    notes.push(
      'Arabic without vowel marks is guessed by this voice: write them for a better reading.',
    );
  }
  return notes;
}
