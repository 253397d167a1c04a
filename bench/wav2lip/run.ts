/** The benchmark's parts, and its report. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { format } from 'prettier';
import { writeModel } from '../../src/ml/onnx/writer';
import { wav2lipGraph } from '../../src/lipsync/wav2lip/network-graph';
import { wav2lipTable, wav2lipWeights } from '../../src/lipsync/wav2lip/network-table';
import { seededTensors, WAV2LIP_GAIN } from '../../test/support/seeded-tensors';
import { networkSpeeds, type Speeds } from './network';
import { lipSync } from './stage';
import { wasmTable } from './wasm';

const PAGE = path.resolve(__dirname, '../../docs/performance.md');

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      write: { type: 'boolean', default: false },
      seconds: { type: 'string', default: '1' },
      threads: { type: 'string', default: '2' },
      trial: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
    },
  });
  const folder = await mkdtemp(path.join(tmpdir(), 'lipwire-bench-'));
  try {
    const model = path.join(folder, 'seeded.onnx');
    const weights = wav2lipWeights(seededTensors(wav2lipTable(), WAV2LIP_GAIN));
    await writeFile(model, writeModel(wav2lipGraph(weights)));
    const [seconds, threads] = [Number(values.seconds), Number(values.threads)];
    if (values.only === 'wasm') {
      const table = await wasmTable(model, { folder, seconds, threads });
      return await tell('wasm', `${machine(threads)}\n\n${table}`, values.write);
    }
    const speeds = await networkSpeeds(model, { folder, seconds, threads });
    const parts = [machine(threads), networkTable(speeds)];
    if (values.only !== 'network')
      parts.push(await lipSync(model, folder, { speeds, isTrial: values.trial }));
    await tell('wav2lip', parts.join('\n\n'), values.write);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function machine(threads: number): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return (
    `Measured on ${availableParallelism()} cores (${model}) with ${threads} threads, Node.js ` +
    `${process.versions.node}, ${process.platform} ${process.arch}; weights are made up.`
  );
}

function networkTable({ pytorch, version, lines }: Speeds): string {
  const plain = lines.find(({ name }) => name.startsWith('(b)'))!.fps;
  const ratio = (fps: number, to: number | undefined): string =>
    to === undefined ? '–' : `${(fps / to).toFixed(2)} ×`;
  const reference = pytorch
    ? `| (a) PyTorch ${version}, batch 16 | ${pytorch.toFixed(1)} | ${ratio(pytorch, plain)} | 1 × |`
    : `| (a) PyTorch: not measured, ${version} | | | |`;
  return [
    '**The network alone**, frames a second',
    '',
    '| | frames a second | to (b) | to (a) |',
    '| --- | ---: | ---: | ---: |',
    reference,
    ...lines.map(
      ({ name, fps }) =>
        `| ${name} | ${fps.toFixed(1)} | ${ratio(fps, plain)} | ${ratio(fps, pytorch)} |`,
    ),
  ].join('\n');
}

/** Prints a report; with `--write` it replaces what stands between its markers in the page. */
async function tell(name: string, report: string, isWritten: boolean): Promise<void> {
  process.stdout.write(`${report}\n`);
  if (!isWritten) return;
  const [begin, end] = ['begin', 'end'].map((side) => `<!-- bench:${name}:${side} -->`) as [
    string,
    string,
  ];
  const page = await readFile(PAGE, 'utf8');
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < 0) throw new Error(`${PAGE} has no place for the figures of ${name}.`);
  const text = `${page.slice(0, from)}${begin}\n\n${report}\n\n${page.slice(to)}`;
  await writeFile(PAGE, await format(text, { parser: 'markdown' }));
}
