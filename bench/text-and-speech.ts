/* eslint-disable no-console */
/**
 * How fast text is split and spoken: `node --import tsx bench/text-and-speech.ts`.
 * Prints one row a case: megabyte of text → seconds; seconds of speech a second of work.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { chooseVoice } from '../src/tts/espeak/voices';
import { loadEspeak } from '../src/tts/espeak/espeak';
import { speak } from '../src/tts/espeak/speak';
import { segmentText } from '../src/text/run';

const MEGABYTE = 1_000_000;
const TEXTS: Record<string, string> = {
  English: 'Dr. Smith said that the quick brown fox jumps over the lazy dog. He left! ',
  Arabic: 'ذهب الولد إلى المدرسة يوم الأحد في الساعة العاشرة. ',
  Chinese: '你好世界，我们今天去北京看朋友。',
  Hindi: 'नमस्ते आप कैसे हैं मैं ठीक हूँ। ',
  Thai: 'สวัสดีชาวโลก วันนี้อากาศดีมาก ',
};

async function main(): Promise<void> {
  const rows: Record<string, Record<string, string | number>> = {};
  for (const [name, unit] of Object.entries(TEXTS)) {
    const text = unit.repeat(MEGABYTE / unit.length);
    const start = performance.now();
    const segments = await segmentText(text, { split: 'sentence', maxLength: 240, language: '' });
    const seconds = (performance.now() - start) / 1000;
    const segmented = { 'split 1 MB (s)': seconds.toFixed(2), segments: segments.length };
    rows[name] = { ...segmented, ...(await speechOf(unit.repeat(20))) };
  }
  console.table(rows);
}

async function speechOf(text: string): Promise<Record<string, string>> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-bench-'));
  try {
    const espeak = await loadEspeak();
    const voice = chooseVoice({ voice: '', variant: '', language: '' }, text, espeak);
    const settings = { voice, rate: 160, pitch: 50, lead: 0.25, pause: 0.35 };
    const context = { signal: new AbortController().signal, onProgress: () => undefined };
    const start = performance.now();
    const file = path.join(folder, 'speech.wav');
    const { duration } = await speak(espeak, text, file, settings, context);
    const seconds = (performance.now() - start) / 1000;
    return {
      'speech (s)': duration.toFixed(1),
      'times real time': (duration / seconds).toFixed(0),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

void main();
