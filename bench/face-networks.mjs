#!/usr/bin/env node
/**
 * Do the converted face networks say what TensorFlow.js says on the same weights? FaceMesh is the one of
 * MediaPipe's package here, and the copy of it that @vladmandic/human has there.
 *
 *   node bench/face-networks.mjs
 *
 * Feeds both with the same seeded noise (the generator of test/support/noise.ts) and with a smooth
 * pattern, and prints the largest difference of each raw output; exit code 1 when one reaches 1e-3.
 * TensorFlow.js 4.22 comes bundled in @vladmandic/human (dist/tfjs.esm.js), so nothing has to be
 * installed. The bundle is made for browsers: it is loaded as one, on its CPU backend.
 */
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { tsImport } from 'tsx/esm/api';

const LIMIT = 1e-3;

const { openNetwork } = await source('../src/ml/onnx/session.ts');
const { storedNetwork } = await source('../src/ml/tfjs/convert.ts');
const { noise } = await source('../test/support/noise.ts');
const human = path.dirname(
  path.dirname(createRequire(import.meta.url).resolve('@vladmandic/human')),
);
const tf = await loadTensorflow();

/** TensorFlow.js's output for each of ours; FaceMesh's own score is a logit. */
const NETWORKS = {
  facemesh: {
    range: [0, 1],
    outputs: { conv2d_21: 'Identity_2', conv2d_31: 'Identity_1' },
    change: { conv2d_31: (logit) => 1 / (1 + Math.exp(-logit)) },
  },
  faceres: {
    range: [-120, 130],
    outputs: { 'global_pooling/Mean': 'global_pooling/Mean' },
  },
};

const modelsFolder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-models-'));
let worst = 0;
for (const [name, { range, outputs, change = {} }] of Object.entries(NETWORKS)) {
  const file = path.join(human, 'models', `${name}.json`);
  const reference = await tf.loadGraphModel(tf.io.fromMemory(await artifacts(file)));
  const theirInput = reference.inputs[0].name;
  const network = await openNetwork((await storedNetwork(name, { modelsFolder })).bytes);
  const [{ name: input, shape }] = network.inputs;
  const length = shape.reduce((product, size) => product * size, 1);
  const patterns = { noise: noise(length, ...range), waves: waves(shape, ...range) };
  for (const [pattern, data] of Object.entries(patterns)) {
    const results = await network.run({ [input]: { data, shape } });
    for (const [ours, theirs] of Object.entries(outputs)) {
      const actual = results[ours].data.map(change[ours] ?? ((value) => value));
      const expected = reference.execute({ [theirInput]: tf.tensor(data, shape) }, theirs);
      const difference = largestDifference(actual, await expected.data());
      worst = Math.max(worst, difference);
      console.log(`${name} ${pattern} ${ours}: largest difference ${difference.toExponential(2)}`);
    }
  }
}
await rm(modelsFolder, { recursive: true });
console.log(`Largest difference of all: ${worst.toExponential(2)} (limit ${LIMIT})`);
process.exitCode = worst < LIMIT ? 0 : 1;

/** A source file of the project; it is compiled on the way. */
async function source(file) {
  const module = await tsImport(file, import.meta.url);
  return module.default ?? module;
}

async function loadTensorflow() {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-tfjs-'));
  try {
    const copy = path.join(folder, 'tfjs.mjs');
    await copyFile(path.join(human, 'dist', 'tfjs.esm.js'), copy);
    // The bundle asks for this name to tell a browser's worker from Node.js, which it has no parts for.
    globalThis.WorkerGlobalScope = class {};
    const tensorflow = await import(pathToFileURL(copy).href);
    await tensorflow.setBackend('cpu');
    await tensorflow.ready();
    return tensorflow;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The model as TensorFlow.js wants it from memory. */
async function artifacts(file) {
  const { modelTopology, weightsManifest, signature, userDefinedMetadata, ...rest } = JSON.parse(
    await readFile(file, 'utf8'),
  );
  const paths = weightsManifest.flatMap((group) => group.paths);
  const parts = await Promise.all(
    paths.map((name) => readFile(path.join(path.dirname(file), name))),
  );
  const bytes = Buffer.concat(parts);
  return {
    ...rest,
    modelTopology,
    signature: signature ?? userDefinedMetadata?.signature,
    userDefinedMetadata,
    weightSpecs: weightsManifest.flatMap((group) => group.weights),
    weightData: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
  };
}

function waves([, height, width, channels], low, high) {
  return Float32Array.from({ length: height * width * channels }, (_, index) => {
    const channel = index % channels;
    const x = Math.floor(index / channels) % width;
    const y = Math.floor(index / channels / width);
    const wave = Math.sin(x / (7 + channel)) * Math.cos(y / (11 - channel));
    return low + ((wave + 1) / 2) * (high - low);
  });
}

function largestDifference(actual, wanted) {
  if (actual.length !== wanted.length) return Infinity;
  // Written so that NaN counts as a difference.
  return actual.reduce((largest, value, index) => {
    const difference = Math.abs(value - wanted[index]);
    return difference <= largest ? largest : Number.isNaN(difference) ? Infinity : difference;
  }, 0);
}
