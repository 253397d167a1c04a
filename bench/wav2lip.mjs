#!/usr/bin/env node
/**
 * How fast is Wav2Lip here? Frames a second of the network, the lip-sync stage at 720p, and the whole
 * pipeline on a still portrait, all in one run, from the sources, with seeded weights.
 *
 *   npm run bench:wav2lip -- [--write] [--seconds 1] [--threads 2] [--only network|wasm] [--trial]
 *
 * (a) PyTorch, batch 16, as the reference runs it, where it is present (apt install python3-torch)
 * (b) the plain ONNX graph, one frame at a time, as exports in circulation are
 * (c) ours in fp32: for a still (face encoder once) and for a video, only the pixels that are kept
 * (d) ours in int8, likewise
 * `--only wasm`: how much slower WebAssembly is than machine code, a table of its own.
 * Everyone runs `--seconds` in each of five rounds, in turn; the median counts. `--write` puts the
 * tables into docs/performance.md; `--trial` says little, soon. Pin it to two cores for figures that can be compared:
 * taskset -c 0,1 npm run bench:wav2lip
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

if (process.execArgv.includes('tsx')) {
  const { run } = await import('./wav2lip/run.ts');
  await run(process.argv.slice(2));
} else {
  // The engine process, which the stage runs in, takes the loader over from its parent.
  const options = ['--import', 'tsx', fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const env = { ...process.env, ORT_DISABLE_TELEMETRY: '1' };
  process.exitCode = spawnSync(process.execPath, options, { stdio: 'inherit', env }).status ?? 1;
}
