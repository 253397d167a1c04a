/** Text to sound with cues, by a Piper voice. */
import { throwIfCancelled } from '../../contract';
import type { NamedNode } from '../../ml/onnx/read';
import { loadEspeak, type Espeak } from '../espeak/espeak';
import type { SpeakRequest, SpokenPiece } from '../engine';
import { withVoiceNetwork, type VoiceNetwork } from '../neural/networks';
import { readSentence, sentencesOf, type Sentence, type Sign } from '../neural/reading';
import { cutSound } from '../neural/sound';
import { soundsOf } from '../neural/timing';
import { audibleSpan } from '../sound';
import { findWords, soundCues } from '../words';
import type { PiperConfig, PiperFile } from './config';
import { idsOf, phonemesOf, timesOf } from './ids';

/** How a voice is run; the noise makes each run sound a little different. */
export interface PiperScales {
  noiseScale: number;
  lengthScale: number;
  noiseW: number;
}

/** Seconds between what is said before and the first sound after it. */
const PAUSES = { paragraph: 0.8, sentence: 0.45, part: 0.15 };
/** Seconds that a piece keeps before its first sound and after its last. */
const ONSET = 0.02;
const DECAY = 0.08;

/** Signs: a voice garbles what is shorter, so that such a sentence is said with the next one. */
const SHORTEST = 10;

/** Words a minute at which `rate` is the voice's own pace. */
const OWN_RATE = 160;

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
  const stretch = OWN_RATE / request.rate;
  const wanted = {
    noiseScale: config.noiseScale,
    noiseW: config.noiseW,
    ...{ lengthScale: config.lengthScale * stretch, ...scales },
  };
  const { settings, voice, text, progress } = request;
  const groups = groupsOf(espeak, text, voice.language, config);
  const options = { device: settings.device, durations: durationsOf };
  yield* withVoiceNetwork(file, options, async function* (network) {
    let gap = 0;
    let notes = generalNotes(request, config);
    for (const [index, group] of groups.entries()) {
      throwIfCancelled(signal);
      const { ids, sound, frames } = await infer(network, group.signs, config, speaker, wanted);
      const { sampleRate } = config;
      const times = frames && timesOf(ids, frames, config.hopLength / sampleRate);
      const sounds = times && soundsOf(times);
      const edges = edgesOf(sound, sounds, sampleRate);
      const before = Math.max(0, Math.round((gap - (edges.onset + edges.decay)) * sampleRate));
      const samples = cutSound(sound, { ...edges, gap: index === 0 ? 0 : before, sampleRate });
      const moved = ((index === 0 ? 0 : before) - edges.start) / sampleRate;
      const cues = sounds && soundCues(sounds, group.text, (time) => time + moved);
      if (ids.unknown.length > 0) notes = [...notes, unknownNote(ids.unknown)];
      yield { samples, sampleRate, cues, ...(notes.length > 0 && { note: notes.join(' ') }) };
      notes = [];
      gap = PAUSES[group.end] * Math.min(2, stretch);
      progress(index + 1, groups.length);
      // Lets other work and a cancellation in.
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
}

/** What is said in one run. */
interface Group {
  text: string;
  signs: Sign[];
  end: keyof typeof PAUSES;
}

/** Sentences with their phonemes; a very short one together with its neighbour in the paragraph. */
export function groupsOf(
  espeak: Espeak | undefined,
  text: string,
  language: string,
  config: PiperConfig,
): Group[] {
  const groups: (Group & { sentences: Sentence[] })[] = [];
  let open: Sentence[] = [];
  for (const sentence of sentencesOf(text, language)) {
    open.push(sentence);
    const group = read(open);
    const { isLastOfParagraph } = sentence;
    if (group.signs.length < SHORTEST && !isLastOfParagraph) continue;
    const last = groups.at(-1);
    // The last one of a paragraph goes with the one before.
    if (group.signs.length < SHORTEST && last && last.end !== 'paragraph') {
      const whole = read([...last.sentences, ...open]);
      groups.splice(-1, 1, { ...whole, sentences: [...last.sentences, ...open] });
    } else if (group.signs.length > 0) {
      groups.push({ ...group, sentences: open });
    }
    open = [];
  }
  return groups;

  function read(sentences: readonly Sentence[]): Group {
    const from = sentences[0].start;
    const to = sentences[sentences.length - 1].end;
    const whole = text.slice(from, to);
    const words = findWords(whole);
    const signs = sentences.flatMap(({ start, end }, index): Sign[] => {
      const part = text.slice(start, end);
      const wordAt = (at: number): number => words.at(start - from + at);
      const own = espeak
        ? readSentence(espeak, part, config.espeakVoice, wordAt)
        : lettersOf(part, wordAt);
      const isLater = index > 0 && own.length > 0 && own[0].value !== ' ';
      return isLater ? [{ value: ' ', word: own[0].word }, ...own] : own;
    });
    const isWhole = /[\p{P}\p{S}]\s*$/u.test(whole);
    const { isLastOfParagraph } = sentences[sentences.length - 1];
    const end = isLastOfParagraph ? 'paragraph' : isWhole ? 'sentence' : 'part';
    return { text: whole, signs: phonemesOf(signs, config), end };
  }
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

/** Where the speech lies in the sound: samples, and seconds of what is kept around it. */
function edgesOf(
  sound: Float32Array,
  sounds: readonly { start: number; end: number }[] | undefined,
  sampleRate: number,
): { start: number; end: number; onset: number; decay: number } {
  const first = sounds?.[0];
  const last = sounds?.at(-1);
  if (first && last) {
    const onset = Math.min(ONSET, first.start);
    const start = Math.round((first.start - onset) * sampleRate);
    const end = Math.min(sound.length, Math.round((last.end + DECAY) * sampleRate));
    return { start, end, onset, decay: DECAY };
  }
  const whole = { start: 0, end: sound.length, gap: 0, sampleRate };
  return { ...audibleSpan(cutSound(sound, whole)), onset: 0, decay: 0 };
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

function unknownNote(signs: readonly string[]): string {
  return `This voice does not know ${signs.map((sign) => JSON.stringify(sign)).join(', ')}: left out.`;
}
