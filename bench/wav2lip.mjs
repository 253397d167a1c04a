#!/usr/bin/env node
/**
 * How fast is Wav2Lip here? Frames a second of the network alone, all in one run, with seeded weights.
 *
 *   node bench/wav2lip.mjs [--seconds 8] [--threads 2]
 *
 * (a) PyTorch, batch 16, as the reference runs it, where it is present (apt install python3-torch)
 * (b) the plain ONNX graph, batch 1, as exports in circulation are
 * (c) ours for a still: face encoder once, decoder of the kept rows and columns for every frame
 * (d) ours for a video: whole graph, decoder of the kept rows and columns
 * (c) and (d) with several batch sizes; the median of five rounds. The kept part is rows 44 to 95 and columns 12 to 83.
 * Pin it to two cores for figures that can be compared: taskset -c 0,1 node bench/wav2lip.mjs
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { tsImport } from 'tsx/esm/api';
import { networkJob, torch } from './support/wav2lip-torch.mjs';

const KEEP = { top: 44, bottom: 96, left: 12, right: 84 };
const BATCHES = [1, 4, 8, 16];
const ROUNDS = 5;
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '8' },
    threads: { type: 'string', default: '2' },
  },
});
const seconds = Number(values.seconds);
const threads = Number(values.threads);

const { openNetwork, writeModel } = await source('../src/onnx/index.ts');
const { wav2lipGraph, wav2lipTable, wav2lipWeights } = await source(
  '../src/onnx/networks/index.ts',
);
const { seeded, seededFace, seededTensors, WAV2LIP_GAIN } = await source(
  '../test/support/seeded-tensors.ts',
);
const table = await source('../src/onnx/networks/wav2lip-table.ts');
const weights = wav2lipWeights(seededTensors(wav2lipTable(), WAV2LIP_GAIN));

console.log(`${os.cpus()[0]?.model.trim()}, ${threads} threads, ${seconds} s each`);
const pytorch = await speedOfPytorch();
const contenders = [
  ...(await contender('(b) plain ONNX graph', [1], whole())),
  ...(await contender('(c) still', BATCHES, await decoder(KEEP))),
  ...(await contender('(c) still, all pixels', [1], await decoder())),
  ...(await contender('(d) video', BATCHES, whole(KEEP))),
];
await race(contenders);
const plain = best('(b) plain ONNX graph');
for (const name of new Set(contenders.map((one) => one.name))) {
  const all = contenders.filter((one) => one.name === name);
  const list = all.map((one) => `${median(one.rounds).toFixed(1)} (batch ${one.batch})`);
  const fps = best(name);
  const ratios = [`${(fps / plain).toFixed(2)} × (b)`];
  if (pytorch) ratios.push(`${(fps / pytorch).toFixed(2)} × (a)`);
  console.log(`${name}: ${list.join(', ')} fps; ${ratios.join(', ')}`);
}

async function speedOfPytorch() {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-torch-'));
  try {
    const job = path.join(folder, 'job.json');
    const network = networkJob(table, wav2lipTable());
    await writeFile(
      job,
      JSON.stringify({ task: 'speed', batch: 16, seconds, threads, ...network }),
    );
    const { absent, version, fps } = await torch(job);
    console.log(
      absent
        ? `(a) PyTorch: not measured, ${absent}`
        : `(a) PyTorch ${version}: ${fps.toFixed(1)} fps`,
    );
    return fps;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function whole(keep) {
  return {
    graph: wav2lipGraph(weights, { keep }),
    inputs: (batch) => ({ mel: mels(batch), face: faces(batch) }),
  };
}

async function decoder(keep) {
  const encoder = await open(wav2lipGraph(weights, { part: 'face-encoder', keep }));
  const features = await encoder.run({ face: faces(1) });
  await encoder.release();
  return {
    graph: wav2lipGraph(weights, { part: 'decoder', keep }),
    inputs: (batch) => ({ mel: mels(batch), ...features }),
  };
}

async function contender(name, batches, { graph, inputs }) {
  const network = await open(graph);
  return batches.map((batch) => ({ name, batch, network, feeds: inputs(batch), rounds: [] }));
}

/** Everyone runs a little in every round, so that a busy machine is busy for all. */
async function race(all) {
  for (const { network, feeds } of all) await network.run(feeds);
  for (let round = 0; round < ROUNDS; round++) {
    for (const { network, feeds, batch, rounds } of all) {
      const start = performance.now();
      let frames = 0;
      while (performance.now() - start < (seconds * 1000) / ROUNDS) {
        await network.run(feeds);
        frames += batch;
      }
      rounds.push((frames * 1000) / (performance.now() - start));
    }
  }
}

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

/** Frames a second of the best batch size. */
function best(name) {
  const all = contenders.filter((one) => one.name === name);
  return Math.max(...all.map(({ rounds }) => median(rounds)));
}

function open(graph) {
  return openNetwork(writeModel(graph), { threads });
}

function mels(batch) {
  return { data: seeded('mel', batch * 1280, 4), shape: [batch, 1, 80, 16] };
}

function faces(batch) {
  const face = seededFace();
  const data = new Float32Array(batch * face.length);
  for (let i = 0; i < batch; i++) data.set(face, i * face.length);
  return { data, shape: [batch, 6, 96, 96] };
}

/** A source file of the project; it is compiled on the way. */
async function source(file) {
  const module = await tsImport(file, import.meta.url);
  return module.default ?? module;
}
