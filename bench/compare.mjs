#!/usr/bin/env node
/**
 * Two checkouts in turn, A B A B …: is one slower than the other?
 *
 *   node bench/compare.mjs OTHER-CHECKOUT [--rounds 7]
 *
 * Both must be built (`npm run build`). Measured as a user would meet it, through the command
 * `lipwire`, each time in a new process with an empty workspace: `voices` (the start of a fresh
 * worker), a video of ten seconds of sound with the built-in engine, and one with Wav2Lip of seeded
 * weights. Both checkouts get the same sound and portrait. Prints the median of each, and the median
 * of the ratios taken pair by pair: this checkout to the other one.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '7' } },
});
const own = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const [given] = positionals;
if (given === undefined) throw new Error('Name the other checkout: node bench/compare.mjs PATH.');
const other = path.resolve(given);
const rounds = Number(values.rounds);

const folder = mkdtempSync(path.join(os.tmpdir(), 'lipwire-compare-'));
try {
  console.log(compare());
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function compare() {
  const sound = path.join(folder, 'speech.wav');
  writeSpeech(sound);
  const models = path.join(folder, 'models');
  seedModel(models);
  const video = ['render', '--audio', sound, '--face', avatar()];
  const cases = {
    'start of a fresh worker': () => ['voices', '--json'],
    'built-in engine, 10 s': (out) => [...video, '--out', out, '--model', 'builtin'],
    'Wav2Lip, 10 s': (out) => [
      ...video,
      '--out',
      out,
      '--model',
      'seeded',
      '--accept-non-commercial',
    ],
  };
  const rows = ['| what | this | other | this to other |', '| --- | ---: | ---: | ---: |'];
  for (const [name, argumentsOf] of Object.entries(cases)) {
    const pairs = [];
    // The first pair warms the file system up and converts networks.
    for (let round = 0; round <= rounds; round++) {
      const pair = [own, other].map((checkout) => seconds(checkout, argumentsOf, models));
      if (round > 0) pairs.push(pair);
    }
    const [ours, theirs] = [0, 1].map((side) => median(pairs.map((pair) => pair[side])));
    const ratio = median(pairs.map(([a, b]) => a / b));
    rows.push(`| ${name} | ${ours.toFixed(2)} s | ${theirs.toFixed(2)} s | ${ratio.toFixed(3)} |`);
  }
  return rows.join('\n');
}

function avatar() {
  return path.join(own, 'assets/avatar/avatar.png');
}

function seconds(checkout, argumentsOf, models) {
  const place = mkdtempSync(path.join(folder, 'run-'));
  const args = argumentsOf(path.join(place, 'out.mp4'));
  const env = { ...process.env, LIPWIRE_WORKSPACE: place, LIPWIRE_MODELS: models };
  const main = path.join(checkout, 'dist/src/cli/main.js');
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [main, ...args], { env });
  if (status !== 0) throw new Error(`${checkout}: ${args.join(' ')}: ${stderr}`);
  const taken = (performance.now() - started) / 1000;
  rmSync(place, { recursive: true, force: true });
  return taken;
}

/** Syllables of a made-up voice: bursts of a harmonic tone, four a second, for ten seconds. */
function writeSpeech(file) {
  const rate = 16000;
  const samples = new Int16Array(10 * rate);
  for (let i = 0; i < samples.length; i++) {
    const time = i / rate;
    const envelope = Math.max(0, Math.sin(2 * Math.PI * 4 * time)) * (time % 3 < 2.4 ? 1 : 0);
    let value = 0;
    for (let k = 1; k <= 12; k++) value += Math.sin(2 * Math.PI * 140 * k * time) / k;
    samples[i] = 6000 * envelope * value;
  }
  const header = Buffer.alloc(44);
  header.write('RIFF\0\0\0\0WAVEfmt ', 'latin1');
  header.writeUInt32LE(36 + samples.byteLength, 4);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(2 * rate, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(samples.byteLength, 40);
  writeFileSync(file, Buffer.concat([header, Buffer.from(samples.buffer)]));
}

/** A Wav2Lip network of seeded weights in a models folder. */
function seedModel(models) {
  mkdirSync(models, { recursive: true });
  const script = path.join(folder, 'seed.ts');
  const from = (file) => JSON.stringify(path.join(own, file));
  writeFileSync(
    script,
    `import { writeFileSync } from 'node:fs';
import { seededTensors, WAV2LIP_GAIN } from ${from('test/support/seeded-tensors')};
import { wav2lipGraph } from ${from('src/lipsync/wav2lip/network-graph')};
import { wav2lipTable, wav2lipWeights } from ${from('src/lipsync/wav2lip/network-table')};
import { writeModel } from ${from('src/ml/onnx/writer')};
const weights = wav2lipWeights(seededTensors(wav2lipTable(), WAV2LIP_GAIN));
writeFileSync(process.argv[2], writeModel(wav2lipGraph(weights)));
`,
  );
  const file = path.join(models, 'seeded.onnx');
  const args = ['--import', 'tsx', script, file];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: own });
  if (status !== 0) throw new Error(String(stderr));
}
function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
}
