/** More cases by seed: whole files of every kind with bytes changed, left out, doubled, or cut off. */
import { writeFile } from 'node:fs/promises';
import { portraitSvg } from '../support/portrait';
import { zipCheckpoint, legacyCheckpoint, floats } from '../support/checkpoints';
import { fileCase, HARMLESS, runStage, type Bench, type CorpusCase } from './corpus-case';
import { facePicture } from './images';
import { fakeWav2Lip, modelCase } from './models';
import { wav } from './sounds';
import { writeVideo } from './videos';

/** Random whole numbers below a bound, the same for the same seed (xorshift). */
export class Dice {
  #state: number;
  constructor(seed: number) {
    this.#state = (Math.imul(seed + 1, 0x9e3779b9) | 1) >>> 0;
  }

  below(bound: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state % bound;
  }
}

/** Values that programs stumble over. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff];

/** A copy of a file with a few changes. */
export function mutate(whole: Buffer, dice: Dice): Buffer {
  let bytes = Buffer.from(whole);
  for (let changes = 1 + dice.below(8); changes > 0 && bytes.length > 1; changes--) {
    const at = dice.below(bytes.length);
    const length = 1 + dice.below(Math.min(64, bytes.length - at));
    switch (dice.below(6)) {
      case 0:
        bytes[at] = dice.below(256);
        break;
      case 1:
        bytes[at] = EDGES[dice.below(EDGES.length)];
        break;
      case 2:
        bytes.fill(dice.below(2) * 255, at, at + length);
        break;
      case 3:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
        break;
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
        break;
      case 5:
        if (dice.below(4) === 0) bytes = bytes.subarray(0, at);
        // Most of what matters lies at the start.
        else bytes[dice.below(Math.min(200, bytes.length))] = dice.below(256);
        break;
    }
  }
  return bytes;
}

type Maker = (name: string, dice: Dice) => CorpusCase;

/** Encoded once for a run of the fuzzer. */
const made = new Map<string, Promise<Buffer>>();
function once(name: string, make: () => Promise<Buffer>): Promise<Buffer> {
  if (!made.has(name)) made.set(name, make());
  return made.get(name)!;
}

async function video(bench: Bench, format: string): Promise<Buffer> {
  const { readFile } = await import('node:fs/promises');
  const file = `${bench.folder}/whole.${format}`;
  await writeVideo(bench.ffmpeg, file, { size: '32x32', seconds: 0.3 });
  return readFile(file);
}

async function encoded(bench: Bench, format: string): Promise<Buffer> {
  const { readFile } = await import('node:fs/promises');
  const [source, file] = [`${bench.folder}/whole.wav`, `${bench.folder}/whole.${format}`];
  await writeFile(source, wav());
  await bench.ffmpeg.run({ inputs: [{ source }], outputs: [{ target: file, options: [] }] });
  return readFile(file);
}

const sound =
  (format: string): Maker =>
  (name, dice) =>
    fileCase({
      ...{ kind: 'fuzz', name: `${format} ${name}`, file: `sound.${format}`, stage: 'loudnorm' },
      expect: HARMLESS,
      make: async (_, bench) =>
        mutate(format === 'wav' ? wav() : await once(format, () => encoded(bench, format)), dice),
    });

const picture =
  (format: 'png' | 'jpeg' | 'webp' | 'gif' | 'tiff' | 'avif'): Maker =>
  (name, dice) =>
    fileCase({
      ...{ kind: 'fuzz', name: `${format} ${name}`, file: `face.${format}`, stage: 'face-detect' },
      expect: HARMLESS,
      make: async () => mutate(await once(format, () => facePicture(format, 120)), dice),
    });

const film =
  (format: string, stage: 'hls-export' | 'face-detect'): Maker =>
  (name, dice) =>
    fileCase({
      ...{ kind: 'fuzz', name: `${format} ${name}`, file: `video.${format}`, stage },
      expect: HARMLESS,
      make: async (_, bench) => mutate(await once(format, () => video(bench, format)), dice),
    });

const tensors = { state_dict: { a: floats([6], new Float32Array(6)) } };
const words = 'Hello there, Dr. Who! 3.5 % of “them” said: <b>no</b>… مرحبا 你好。😀 \u202e[[x]] ';

const MAKERS: readonly Maker[] = [
  ...['wav', 'wav', 'flac', 'ogg', 'mp3'].map(sound),
  ...(['png', 'jpeg', 'webp', 'gif', 'tiff', 'avif'] as const).map(picture),
  (name, dice) =>
    fileCase({
      ...{ kind: 'fuzz', name: `svg ${name}`, file: 'face.svg', stage: 'face-detect' },
      expect: HARMLESS,
      make: () => mutate(Buffer.from(portraitSvg()), dice),
    }),
  film('mp4', 'hls-export'),
  film('mkv', 'face-detect'),
  (name, dice) =>
    modelCase('checkpoint', name, () => mutate(zipCheckpoint(tensors), dice), HARMLESS),
  (name, dice) =>
    modelCase('checkpoint', name, () => mutate(legacyCheckpoint(tensors), dice), HARMLESS),
  (name, dice) => modelCase('onnx', name, () => mutate(fakeWav2Lip(), dice), HARMLESS),
  ...(['text-segment', 'tts'] as const).map((stage): Maker => (name, dice) => ({
    kind: 'fuzz',
    name: `${stage} ${name}`,
    expect: HARMLESS,
    run: (bench) => {
      const units = mutate(Buffer.from(words, 'utf16le'), dice);
      const text = units.subarray(0, units.length & ~1).toString('utf16le');
      return runStage(bench, stage, { kind: 'text', text });
    },
  })),
];

/** So many cases; those of one seed are always the same. */
export function fuzzCases(seed: number, count: number): CorpusCase[] {
  return Array.from({ length: count }, (_, i) => {
    const dice = new Dice(seed * 1_000_003 + i);
    const one = MAKERS[i % MAKERS.length](`changed, seed ${seed} number ${i}`, dice);
    return { ...one, kind: 'fuzz' };
  });
}
