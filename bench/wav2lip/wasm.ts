/** How much slower WebAssembly (onnxruntime-web) is than machine code (onnxruntime-node). */
import { storedNetwork } from '../../src/ml/tfjs/convert';
import { KEPT } from '../../src/lipsync/wav2lip/aligned-crop';
import { openMouthNetwork } from '../../src/lipsync/wav2lip/mouth-network';
import { WINDOW_VALUES } from '../../src/lipsync/wav2lip/windows';
import { openNetwork, type Network } from '../../src/ml/onnx/session';
import { noise } from '../../test/support/noise';
import { seededFace } from '../../test/support/seeded-tensors';

/** The same work on both. */
interface Pair {
  name: string;
  native: Measured;
  wasm: Measured;
}

interface Measured {
  run(): Promise<unknown>;
  /** Runs a second of each round. */
  rates: number[];
  /** Seconds of processor time for a run, of each round. */
  costs: number[];
}

const ROUNDS = 5;
const DEVICES = ['cpu', 'wasm'] as const;

/** @returns the table, in Markdown */
export async function wasmTable(
  model: string,
  { folder, seconds, threads }: { folder: string; seconds: number; threads: number },
): Promise<string> {
  const pairs: Pair[] = [];
  for (const precision of ['fp32', 'int8'] as const) {
    const runs = [];
    for (const device of DEVICES) {
      const file = { path: model, sha256: 'seeded'.padEnd(64, '0') };
      const options = { modelsFolder: folder, device, threads, precision };
      const network = await openMouthNetwork(file, KEPT, options);
      const speak = await network.face(seededFace());
      runs.push(() => speak(noise(WINDOW_VALUES, -4, 4), 1));
    }
    pairs.push(pairOf(`Wav2Lip, a still’s frame in ${precision}`, runs));
  }
  for (const [id, name] of [
    ['blazeface', 'BlazeFace, a view'],
    ['facemesh', 'FaceMesh, a face'],
  ] as const) {
    const { bytes } = await storedNetwork(id, { modelsFolder: folder });
    const runs = [];
    for (const device of DEVICES) runs.push(runOf(await openNetwork(bytes, { device, threads })));
    pairs.push(pairOf(name, runs));
  }
  await race(
    pairs.flatMap(({ native, wasm }) => [native, wasm]),
    seconds,
  );
  return [
    '| | machine code, a second | WebAssembly, a second | slower by | processor time |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...pairs.map(({ name, native, wasm }) => {
      const [fast, slow] = [median(native.rates), median(wasm.rates)];
      const cost = median(wasm.costs) / median(native.costs);
      return `| ${name} | ${fast.toFixed(1)} | ${slow.toFixed(1)} | ${(fast / slow).toFixed(1)} × | ${cost.toFixed(1)} × |`;
    }),
  ].join('\n');
}

function pairOf(name: string, [native, wasm]: (() => Promise<unknown>)[]): Pair {
  const measured = (run: () => Promise<unknown>): Measured => ({ run, rates: [], costs: [] });
  return { name, native: measured(native), wasm: measured(wasm) };
}

function runOf(network: Network): () => Promise<unknown> {
  const { name, shape } = network.inputs[0] as { name: string; shape: number[] };
  const data = noise(
    shape.reduce((product, size) => product * size, 1),
    0,
    1,
  );
  return () => network.run({ [name]: { data, shape } });
}

/** Everyone runs a little in every round, so that a busy machine is busy for all. */
async function race(all: readonly Measured[], seconds: number): Promise<void> {
  for (const { run } of all) await run();
  for (let round = 0; round < ROUNDS; round++) {
    for (const { run, rates, costs } of all) {
      const [start, before] = [performance.now(), process.cpuUsage()];
      let runs = 0;
      while (performance.now() - start < seconds * 1000) {
        await run();
        runs++;
      }
      const { user, system } = process.cpuUsage(before);
      rates.push((runs * 1000) / (performance.now() - start));
      costs.push((user + system) / 1e6 / runs);
    }
  }
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}
