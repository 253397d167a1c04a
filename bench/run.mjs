#!/usr/bin/env node
/**
 * The whole pipeline with the built-in engine at 720p: seconds and real-time factor of each stage
 * and of the whole, peak memory, timer ticks kept on this thread; then where the processor time goes
 * (bench/cpu.mjs). The reference in the same run is FFmpeg alone, encoding the same picture (still)
 * and the same sound once.
 * Options: `--write` puts the table into docs/performance.md, `--seconds 10,60` chooses the lengths.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { portrait720, textOf } from './support/scene.mjs';
import { watchPeak } from './support/process-tree.mjs';
import { watchTicks } from './support/ticks.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
const { Studio } = require('../dist/src/runtime/studio');
const { avatarFile } = require('../dist/src/runtime/avatar');
const { renderVideo } = require('../dist/src/runtime/pipeline');
const { openFfmpeg } = require('../dist/src/av/ffmpeg/open');

const options = process.argv.slice(2);
const lengths = (valueOf('--seconds') ?? '10,60').split(',').map(Number);

const folder = mkdtempSync(path.join(tmpdir(), 'lipwire-bench-'));
try {
  const face = await portrait720(avatarFile(), folder);
  const tables = [];
  for (const seconds of lengths) tables.push(await measure(face, seconds));
  if (process.platform === 'linux') tables.push(processorTime());
  const report = [machine(), ...tables].join('\n\n');
  console.log(report);
  if (options.includes('--write')) await put(report);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function valueOf(option) {
  const index = options.indexOf(option);
  return index < 0 ? undefined : options[index + 1];
}

async function measure(face, seconds) {
  const text = textOf(seconds);
  const workspace = path.join(folder, `workspace-${seconds}`);
  // The networks are converted once for every user, so that does not count here.
  const rendered = await withStudio(workspace, async (studio) => {
    await warmUp(studio, face);
    const peak = watchPeak(process.pid);
    const ticks = watchTicks();
    const done = await renderVideo(studio, { text, face, hls: true });
    return { ...done, kept: ticks(), bytes: peak() };
  });
  const cold = await withStudio(workspace, (studio) =>
    // Other numbers, so that nothing is there already.
    renderVideo(studio, { text: textOf(seconds, 1 + Math.ceil(seconds / 10)), face, hls: true }),
  );
  const reference = await ffmpegAlone(face, rendered.video);
  return table({ rendered, cold, reference });
}

async function withStudio(workspace, use) {
  const studio = new Studio({ workspace });
  try {
    return await use(studio);
  } finally {
    await studio.close();
  }
}

function warmUp(studio, face) {
  return renderVideo(studio, { text: 'Ready.', face });
}

/** Seconds that FFmpeg alone needs for a video of the still picture with the same sound. */
async function ffmpegAlone(face, video) {
  const { ffmpegPath } = await openFfmpeg();
  const started = performance.now();
  const { status, stderr } = spawnSync(
    ffmpegPath,
    [
      ...['-nostdin', '-v', 'error', '-y', '-loop', '1', '-framerate', String(video.fps)],
      ...['-i', face, '-i', video.file, '-map', '0:v', '-map', '1:a', '-t', String(video.duration)],
      ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '18', '-pix_fmt', 'yuv420p'],
      ...['-c:a', 'aac', path.join(folder, 'reference.mp4')],
    ],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`FFmpeg failed: ${stderr}`);
  return (performance.now() - started) / 1000;
}

function table({ rendered, cold, reference }) {
  const { video, stages, seconds, kept, bytes } = rendered;
  const row = (name, time) =>
    `| ${name} | ${time.toFixed(2)} | ${(time / video.duration).toFixed(3)} |`;
  return [
    `**${video.duration.toFixed(1)} s of video** (${video.width}×${video.height}, ${video.fps} fps, ${rendered.clips.length} segments)`,
    '',
    '| stage | seconds | seconds for a second of video |',
    '| --- | ---: | ---: |',
    ...stages.map((stage) => row(stage.stage, stage.seconds)),
    row('**the whole** (stages overlap)', seconds),
    row('reference: FFmpeg alone', reference),
    '',
    `The whole is **${speed(rendered)} faster than real time** and takes ` +
      `${(seconds / reference).toFixed(1)} × the reference. ` +
      `With an engine that has to start first it takes ${cold.seconds.toFixed(2)} s for ` +
      `${cold.video.duration.toFixed(1)} s of video (${speed(cold)}). ` +
      `Peak memory of all processes ${memory(bytes)}; ${(kept * 100).toFixed(0)} % of the timer's ticks kept.`,
  ].join('\n');
}

function speed({ video, seconds }) {
  return `${(video.duration / seconds).toFixed(1)} ×`;
}

/** The table of bench/cpu.mjs, from a process of its own. */
function processorTime() {
  const script = path.join(root, 'bench', 'cpu.mjs');
  const { status, stdout } = spawnSync(process.execPath, [script], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error('bench/cpu.mjs failed.');
  return stdout.trim();
}

function memory(bytes) {
  return bytes === undefined ? 'not measured here' : `${Math.round(bytes / 2 ** 20)} MiB`;
}

function machine() {
  const [first] = cpus();
  const model = first?.model.trim() || 'unknown processor';
  const cores = availableParallelism();
  return `Measured on ${cores} cores (${model}), Node.js ${process.versions.node}, ${process.platform} ${process.arch}.`;
}

/** Replaces what stands between the markers of docs/performance.md. */
async function put(report) {
  const file = path.join(root, 'docs', 'performance.md');
  const page = readFileSync(file, 'utf8');
  const pattern = /(<!-- bench:begin -->)[^]*(<!-- bench:end -->)/;
  if (!pattern.test(page)) throw new Error(`${file} has no place for the table.`);
  const text = page.replace(pattern, (_, begin, end) => `${begin}\n\n${report}\n\n${end}`);
  writeFileSync(file, await format(text, { parser: 'markdown' }));
}
