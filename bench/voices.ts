/* eslint-disable no-console */
/**
 * How fast the voices of this machine speak, on one and on two threads, beside eSpeak NG in the same
 * run: `node --import tsx bench/voices.ts MODELS…`, folders with Piper's voices and Kokoro's network.
 * Seconds until the first sentence is there (network open, and not yet), and the real-time factor:
 * seconds of work a second of speech. The best of three.
 */
import { loadEspeak } from '../src/tts/espeak/espeak';
import { speak as speakEspeak } from '../src/tts/espeak/speak';
import { kokoroFiles } from '../src/tts/kokoro/files';
import { durationsOf as kokoroDurations, infer as inferKokoro } from '../src/tts/kokoro/speak';
import { kokoroSigns, tokensOf } from '../src/tts/kokoro/tokens';
import { closeIdle, withVoiceNetwork, type VoiceNetwork } from '../src/tts/neural/networks';
import { readSentence, sentencesOf } from '../src/tts/neural/reading';
import { piperConfig, piperFiles } from '../src/tts/piper/config';
import { durationsOf as piperDurations, infer as inferPiper } from '../src/tts/piper/speak';
import { phonemesOf } from '../src/tts/piper/ids';

const TEXT =
  'The train leaves at nine. Please keep your luggage with you at all times, and do not leave it ' +
  'unattended in the station. How are you?';
const SENTENCES = sentencesOf(TEXT, 'en').map(({ start, end }) => TEXT.slice(start, end));
const RUNS = 3;

type Row = Record<string, string>;
type Say = (network: VoiceNetwork, sentence: string) => Promise<number>;

/** @param say seconds of sound that it made of a sentence */
async function measure(
  file: string,
  threads: number,
  durations: typeof piperDurations,
  say: Say,
): Promise<Row> {
  const start = performance.now();
  let first = Infinity;
  let factor = Infinity;
  let cold = 0;
  const work = async function* (network: VoiceNetwork): AsyncGenerator<number> {
    for (let run = 0; run < RUNS; run++) {
      const began = performance.now();
      let sound = 0;
      for (const [index, sentence] of SENTENCES.entries()) {
        sound += await say(network, sentence);
        if (index === 0) first = Math.min(first, performance.now() - began);
        if (index === 0 && run === 0) cold = performance.now() - start;
      }
      factor = Math.min(factor, (performance.now() - began) / 1000 / sound);
      yield run;
    }
  };
  for await (const run of withVoiceNetwork(file, { device: 'auto', threads, durations }, work)) {
    void run;
  }
  await closeIdle(0);
  return rowOf(cold, first, factor);
}

function rowOf(cold: number, first: number, factor: number): Row {
  return {
    'first sentence, cold (s)': (cold / 1000).toFixed(2),
    'first sentence (s)': (first / 1000).toFixed(3),
    'real-time factor': factor.toFixed(3),
  };
}

async function espeakRow(): Promise<Row> {
  const start = performance.now();
  const espeak = await loadEspeak();
  let first = Infinity;
  let factor = Infinity;
  let cold = 0;
  for (let run = 0; run < RUNS; run++) {
    const began = performance.now();
    let sound = 0;
    for (const [index, text] of SENTENCES.entries()) {
      const request = {
        ...{
          text,
          voice: { id: 'en-us', language: 'en-US' },
          rate: 160,
          pitch: 50,
          parameters: {},
        },
        settings: { ffmpegPath: '', modelsFolder: '', device: '', acceptNonCommercial: false },
        progress: () => undefined,
      };
      for await (const piece of speakEspeak(espeak, request, new AbortController().signal)) {
        sound += piece.samples.length / piece.sampleRate;
      }
      if (index === 0) first = Math.min(first, performance.now() - began);
      if (index === 0 && run === 0) cold = performance.now() - start;
    }
    factor = Math.min(factor, (performance.now() - began) / 1000 / sound);
  }
  return rowOf(cold, first, factor);
}

async function main(folders: readonly string[]): Promise<void> {
  const rows: Record<string, Row> = { 'eSpeak NG': await espeakRow() };
  const espeak = await loadEspeak();
  for (const folder of folders) {
    for (const voice of await piperFiles(folder)) {
      const config = await piperConfig(voice);
      const say: Say = async (network, sentence) => {
        const signs = phonemesOf(readSentence(espeak, sentence, config.espeakVoice), config);
        const { sound } = await inferPiper(network, signs, config, config.defaultSpeaker, config);
        return sound.length / config.sampleRate;
      };
      for (const threads of [1, 2]) {
        const row = await measure(voice.file, threads, piperDurations, say);
        rows[`${voice.id}, ${threads} thread${threads > 1 ? 's' : ''}`] = row;
      }
    }
    const { network: file, voices } = await kokoroFiles(folder);
    const [voice] = voices;
    if (!file || voices.length === 0) continue;
    const say: Say = async (network, sentence) => {
      const ids = tokensOf(kokoroSigns(readSentence(espeak, sentence, 'en-us'), 'en-us'));
      const { sound } = await inferKokoro(network, ids, voice, 1);
      return sound.length / 24_000;
    };
    for (const threads of [1, 2]) {
      const row = await measure(file, threads, kokoroDurations, say);
      rows[`Kokoro ${voice.id}, ${threads} thread${threads > 1 ? 's' : ''}`] = row;
    }
  }
  console.table(rows);
}

void main(process.argv.slice(2));
