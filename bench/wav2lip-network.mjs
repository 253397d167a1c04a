#!/usr/bin/env node
/**
 * Do our checkpoint reader and our ONNX graph say what PyTorch says?
 *
 *   node bench/wav2lip-network.mjs
 *
 * PyTorch makes seeded Wav2Lip checkpoints, of 96 and of 256 pixels, in both file formats (with DataParallel's prefix and an
 * optimiser, as the authors' are) and one in half precision, and runs the network; each is then read
 * and run here. Prints the largest differences; exit code 1 when one reaches 1e-5 (half: 5e-3), or
 * where PyTorch is absent (apt install python3-torch python3-numpy).
 */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { tsImport } from 'tsx/esm/api';
import { networkJob, torch } from './support/wav2lip-torch.mjs';

const LIMITS = { zip: 1e-5, legacy: 1e-5, half: 5e-3 };

const { openNetwork } = await source('../src/ml/onnx/session.ts');
const { writeModel } = await source('../src/ml/onnx/writer.ts');
const { wav2lipGraph } = await source('../src/lipsync/wav2lip/network-graph.ts');
const { wav2lipTable, wav2lipWeights, WAV2LIP_DESIGNS } = await source(
  '../src/lipsync/wav2lip/network-table.ts',
);
const { Checkpoint } = await source('../src/ml/checkpoint/checkpoint.ts');

for (const design of WAV2LIP_DESIGNS) await check(design);

async function check(design) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-torch-'));
  try {
    const job = path.join(folder, 'job.json');
    const network = networkJob(design, wav2lipTable(design));
    await writeFile(job, JSON.stringify({ task: 'check', folder, threads: 2, ...network }));
    const { absent, version } = await torch(job);
    if (absent) {
      console.log(`Nothing to compare with: ${absent}.`);
      process.exitCode = 1;
      return;
    }
    console.log(`Wav2Lip of ${design.size} pixels, PyTorch ${version}`);
    for (const [kind, limit] of Object.entries(LIMITS)) await compare(folder, design, kind, limit);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function compare(folder, design, kind, limit) {
  const file = path.join(folder, `${kind}.pth`);
  const tensors = await read(file, design);
  const floats = async (name) => {
    const bytes = await readFile(path.join(folder, `${name}.f32`));
    return new Float32Array(Uint8Array.from(bytes).buffer);
  };
  const network = await openNetwork(writeModel(wav2lipGraph(wav2lipWeights(tensors))), {
    threads: 2,
  });
  const { output } = await network.run({
    mel: { data: await floats('mel'), shape: [2, 1, 80, 16] },
    face: { data: await floats('face'), shape: [2, 6, design.size, design.size] },
  });
  await network.release();
  const expected = await floats('output');
  const worst = output.data.reduce((m, v, i) => Math.max(m, Math.abs(v - expected[i])), 0);
  const isGood = output.data.length === expected.length && worst < limit;
  const megabytes = ((await stat(file)).size / 1e6).toFixed(0);
  console.log(
    `${kind} (${megabytes} MB): ${tensors.size} tensors, largest difference ` +
      `${worst.toExponential(2)} (limit ${limit}) ${isGood ? '' : 'TOO LARGE'}`,
  );
  if (!isGood) process.exitCode = 1;
}

async function read(file, design) {
  const checkpoint = await Checkpoint.open(file);
  const tensors = new Map();
  try {
    for (const name of wav2lipTable(design).keys()) tensors.set(name, await checkpoint.read(name));
  } finally {
    await checkpoint.close();
  }
  return tensors;
}

/** A source file of the project; it is compiled on the way. */
async function source(file) {
  const module = await tsImport(file, import.meta.url);
  return module.default ?? module;
}
