/**
 * The process that Flite runs in: it blocks, and a process can be killed at any time. Flite is a WASI
 * program: a text comes as an argument or a file, the sound goes to a file, phones are printed.
 */
import { readFileSync } from 'node:fs';
import { runWasi } from './wasi';

export interface FliteTask {
  /** One utterance. */
  text: string;
  /** Its words as they are spoken, each to be read alone. */
  words: string[];
  voice: string;
  /** How many times as long as the voice's own. */
  stretch: number;
  /** How many times as high. */
  shift: number;
}

/** A phone of CMU's set, and when it ends, in seconds. */
export interface Phone {
  name: string;
  end: number;
}

export interface FliteAnswer {
  samples: Int16Array;
  sampleRate: number;
  phones: Phone[];
  /** The phones of each word, vowels with their stress as a digit: `ax0`, `ow1`. */
  words: string[][];
}

export type FliteResult = FliteAnswer | { error: string };

const [program = ''] = process.argv.slice(2);
const compiled = WebAssembly.compile(readFileSync(program));

process.on('message', (task: FliteTask) => {
  speak(task).then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});

async function speak({ text, words, voice, stretch, shift }: FliteTask): Promise<FliteAnswer> {
  const features = ['--setf', `duration_stretch=${stretch}`, '--setf', `f0_shift=${shift}`];
  const args = ['-voice', voice, ...features, '-psdur', '-t', text, '-o', SOUND];
  const spoken = await runWasi(await compiled, ['flite', ...args]);
  const phones = [...spoken.printed.matchAll(/(\S+):(\d+\.\d+)/g)].map(([, name, end]): Phone => ({
    name,
    end: Number(end),
  }));
  // Paragraphs are utterances, and each prints a line. The quickest voice knows the words as well.
  const spelling = ['-voice', 'kal', '-psstress', '-f', WORDS, '-o', 'none'];
  const paragraphs = new Map([[WORDS, Buffer.from(`${words.join('\n\n')}\n`)]]);
  const spelt = await runWasi(await compiled, ['flite', ...spelling], paragraphs);
  const lines = spelt.printed.split('\n').filter(Boolean);
  const names = lines.map((line) => line.split(' ').filter((name) => name && name !== 'pau'));
  return { ...readSound(spoken.files.get(SOUND) ?? Buffer.alloc(44)), phones, words: names };
}

const SOUND = 'sound.wav';
const WORDS = 'words.txt';

/** Flite's own WAV files: a header of 44 bytes, then 16-bit samples. */
function readSound(bytes: Buffer): { samples: Int16Array; sampleRate: number } {
  const samples = new Int16Array((bytes.length - 44) >> 1);
  for (let i = 0; i < samples.length; i++) samples[i] = bytes.readInt16LE(44 + 2 * i);
  return { samples, sampleRate: bytes.readUInt32LE(24) };
}
