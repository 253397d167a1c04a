/**
 * How well the built-in engine speaks: every portrait says three English and three Arabic texts and
 * the recordings that are given, through the stages of a flow, and the encoded clips are measured.
 *
 *   node --import tsx bench/lipsync.ts PORTRAIT [PORTRAIT …] [--audio FILE.wav …]
 *     [--light-asd FOLDER]  of light_asd_ava_cvpr.onnx and face_detection_yunet_2023mar.onnx;
 *                           or LIGHT_ASD; without it that column stays empty
 *     [--seconds N]         of each clip that are looked at, 8 when left out
 *
 * Prints a Markdown table with a line for each portrait and voice: the mean Light-ASD score; how the
 * openness that FaceMesh sees correlates with the intended one; that openness where lips are shut
 * for m, b and p, as a share of the clip's largest, mean and worst; and the share of silent frames
 * whose mouth is not the portrait's, those within two frames of the sound apart.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { openFaceNetworks } from '../src/face/networks';
import { objectSource, resolveParameters } from '../src/contract';
import { loadPortrait } from '../src/lipsync/face';
import { run as runWav2lip } from '../src/lipsync/run';
import { LightAsd } from './lipsync/light-asd';
import { measureClip, type Figures } from './lipsync/measure';
import { voices } from './lipsync/speeches';
import { benchContext, detect } from './lipsync-support';
import { wav2lip } from '../src/lipsync/stage';

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      audio: { type: 'string', multiple: true, default: [] },
      'light-asd': { type: 'string', default: process.env.LIGHT_ASD ?? '' },
      seconds: { type: 'string', default: '8' },
    },
  });
  const folder = mkdtempSync(path.join(os.tmpdir(), 'lipwire-lipsync-'));
  try {
    const { settings } = benchContext(folder);
    const instruments = {
      networks: await openFaceNetworks({ modelsFolder: settings.modelsFolder, device: 'cpu' }),
      lightAsd: values['light-asd'] ? await LightAsd.open(values['light-asd']) : undefined,
      seconds: Number(values.seconds),
    };
    const all = await voices(values.audio, folder);
    const parameters = resolveParameters(wav2lip.parameters, [
      objectSource('--', { model: 'builtin' }),
    ]);
    print(HEAD);
    print(HEAD.map((_, i) => (i < 2 ? '---' : '---:')));
    for (const file of positionals) {
      const face = await detect(file);
      const portrait = await loadPortrait(face, new AbortController().signal);
      for (const { name, speeches } of all) {
        const figures: Figures[] = [];
        for (const speech of speeches) {
          const own = path.join(folder, 'clip');
          mkdirSync(own);
          const clip = await runWav2lip({ speech, face }, parameters, benchContext(own));
          figures.push(await measureClip(clip, speech, portrait, instruments));
          rmSync(own, { recursive: true });
        }
        print([path.parse(file).name, name, ...lineOf(figures)]);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const HEAD = [
  'portrait',
  'voice',
  'Light-ASD',
  'each text',
  'correlation',
  'closures',
  'mean',
  'worst',
  'silent frames',
  'moved',
  'beside sound',
];

function lineOf(all: readonly Figures[]): string[] {
  const scores = all.map(({ score, frames }) => (score === undefined ? NaN : score / frames));
  const correlations = all.map(({ pairs }) => correlation(pairs));
  const closed = all.flatMap(({ closures, pairs }) => {
    const most = Math.max(...pairs.map(([, seen]) => seen));
    return closures.map((seen) => seen / most);
  });
  const sum = (of: keyof Figures['silent']) =>
    all.reduce((total, { silent }) => total + silent[of], 0);
  const share = (value: number) => (Number.isFinite(value) ? `${(100 * value).toFixed(1)} %` : '–');
  const number = (value: number) => (Number.isFinite(value) ? value.toFixed(2) : '–');
  return [
    number(mean(scores)),
    scores.map(number).join(' / '),
    number(Math.min(...correlations)),
    String(closed.length),
    share(mean(closed)),
    share(Math.max(...closed)),
    String(sum('count')),
    share(sum('farMoved') / sum('far')),
    share((sum('moved') - sum('farMoved')) / (sum('count') - sum('far'))),
  ];
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

/** Pearson's. */
function correlation(pairs: readonly (readonly [number, number])[]): number {
  const [mx, my] = [mean(pairs.map(([x]) => x)), mean(pairs.map(([, y]) => y))];
  const sum = (of: (x: number, y: number) => number) =>
    pairs.reduce((total, [x, y]) => total + of(x - mx, y - my), 0);
  return sum((x, y) => x * y) / Math.sqrt(sum((x) => x * x) * sum((_, y) => y * y));
}

function print(cells: readonly string[]): void {
  process.stdout.write(`| ${cells.join(' | ')} |\n`);
}

void main();
