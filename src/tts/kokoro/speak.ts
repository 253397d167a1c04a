/** Text to sound with cues, by Kokoro. */
import { LipwireError } from '../../contract';
import type { NamedNode } from '../../ml/onnx/read';
import { loadEspeak } from '../espeak/espeak';
import type { SpeakRequest, SpokenPiece } from '../engine';
import { withVoiceNetwork, type VoiceNetwork } from '../neural/networks';
import { readSentence, type Sign } from '../neural/reading';
import { groupsOf, OWN_RATE, speakGroups, type Run } from '../neural/speak';
import { timesOf, type Ids } from '../neural/timing';
import { styleOf, type KokoroVoice } from './files';
import { kokoroSigns, tokensOf } from './tokens';

const SAMPLE_RATE = 24_000;
/** Seconds: 600 samples. */
const FRAME = 0.025;

/** UTF-16 units of a run: far below 510 tokens, and the first sound comes sooner. */
const LONGEST = 220;

/**
 * The tensor with the length of each token in frames: what the `Clip` gives that reads the output of
 * the graph's only `Round`.
 */
export function durationsOf(nodes: readonly NamedNode[]): string | undefined {
  const rounds = nodes.filter(({ operator }) => operator === 'Round');
  const [round] = rounds.length === 1 ? rounds[0].outputs : [];
  const clips = nodes.filter(({ operator, inputs }) => operator === 'Clip' && inputs[0] === round);
  return round !== undefined && clips.length === 1 ? clips[0].outputs[0] : undefined;
}

/**
 * Speaks sentence by sentence.
 * @param espeakVoice a name of eSpeak's for the language that is read
 * @throws E_CANCELLED, E_MODEL_INVALID, E_MODEL_MISSING, E_NATIVE
 */
export async function* speak(
  file: string,
  voice: KokoroVoice,
  espeakVoice: string,
  request: SpeakRequest,
  signal: AbortSignal,
): AsyncGenerator<SpokenPiece> {
  const espeak = await loadEspeak();
  const read = (part: string, wordAt: (index: number) => number): Sign[] =>
    kokoroSigns(readSentence(espeak, part, espeakVoice, wordAt), espeakVoice);
  const groups = groupsOf(request.text, request.voice.language, read, LONGEST);
  const notes: string[] = [];
  if (request.pitch !== 50) notes.push('Kokoro voices have one pitch: the setting was left out.');
  if (/^(?:ja|cmn)$/.test(espeakVoice)) {
    notes.push('Kokoro reads Japanese and Chinese as eSpeak NG does, with mistakes.');
  }
  const options = { device: request.settings.device, durations: durationsOf };
  yield* withVoiceNetwork(file, options, (network) => {
    const run = async (signs: readonly Sign[]): Promise<Run> => {
      const ids = tokensOf(signs);
      const { sound, frames } = await infer(network, ids, voice, request.rate / OWN_RATE);
      return { sound, times: frames && timesOf(ids, frames, FRAME), unknown: ids.unknown };
    };
    return speakGroups(groups, request, SAMPLE_RATE, notes, run, signal);
  });
}

/** One run. @returns the sound, −1…1, and the length of each id in frames where the network tells it */
export async function infer(
  network: VoiceNetwork,
  { ids }: Pick<Ids, 'ids'>,
  voice: KokoroVoice,
  speed: number,
): Promise<{ sound: Float32Array; frames?: Float32Array }> {
  const style = await styleOf(voice, ids.length - 2);
  const named = (...names: string[]) => network.inputs.find(({ name }) => names.includes(name));
  const [tokens, pace] = [named('input_ids', 'tokens'), named('speed')];
  if (!tokens || !pace || !named('style')) throw notKokoro(network);
  const results = await network.run({
    [tokens.name]: { data: BigInt64Array.from(ids, BigInt), shape: [1, ids.length] },
    style: { data: style, shape: [1, style.length] },
    [pace.name]: {
      data: /int32/.test(pace.type)
        ? Int32Array.of(Math.round(speed) || 1)
        : Float32Array.of(speed),
      shape: [1],
    },
  });
  const isLengths = (name: string): boolean =>
    name === network.durations || /^durations?$/.test(name);
  const sound = Object.entries(results).find(([name]) => !isLengths(name))?.[1].data;
  if (!sound) throw notKokoro(network);
  const lengths = Object.entries(results).find(([name]) => isLengths(name))?.[1].data;
  // Some exports have them as whole numbers.
  return { sound, ...(lengths && { frames: Float32Array.from(lengths, Number) }) };
}

function notKokoro({ inputs }: VoiceNetwork): LipwireError {
  const names = inputs.map(({ name }) => name).join(', ');
  return new LipwireError(
    'E_MODEL_INVALID',
    `Expected Kokoro's inputs tokens or input_ids, style and speed but the network has ${names}; get another export.`,
  );
}
