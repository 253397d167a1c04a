#!/usr/bin/env node
/**
 * Where the processor time of the whole pipeline goes (built-in engine, 720p, speech and HLS): of
 * each kind of FFmpeg command, of the engine process and of this one. Seconds of processor time,
 * unlike those on the clock, stay much the same on a busy machine. Linux only.
 * Options: `--seconds 60` chooses the length, `--dist FOLDER` another build of Lipwire.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { meterFfmpeg } from './support/ffmpeg-meter.mjs';
import { portrait720, textOf } from './support/scene.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
const dist = path.resolve(valueOf('--dist') ?? path.join(root, 'dist'));
const { Studio } = require(path.join(dist, 'src/runtime/studio'));
const { avatarFile } = require(path.join(dist, 'src/runtime/avatar'));
const { renderVideo } = require(path.join(dist, 'src/runtime/pipeline'));
const { openFfmpeg } = require(path.join(dist, 'src/av/ffmpeg/open'));
const seconds = Number(valueOf('--seconds') ?? 60);

const folder = mkdtempSync(path.join(tmpdir(), 'lipwire-bench-'));
try {
  const meter = meterFfmpeg(path.join(folder, 'meter'), await openFfmpeg());
  process.env.LIPWIRE_FFMPEG = meter.folder;
  const studio = new Studio({ workspace: path.join(folder, 'workspace') });
  try {
    const face = await portrait720(avatarFile(), folder);
    await renderVideo(studio, { text: 'Ready.', face });
    meter.read();
    const engineBegun = engineSeconds();
    const begun = process.cpuUsage();
    const rendered = await renderVideo(studio, { text: textOf(seconds), face, hls: true });
    const own = process.cpuUsage(begun);
    const rows = [
      ...meter.read(),
      { purpose: 'engine process (Node.js)', commands: 1, seconds: engineSeconds() - engineBegun },
      { purpose: 'this process', commands: 1, seconds: (own.user + own.system) / 1e6 },
    ].sort((a, b) => b.seconds - a.seconds);
    print(rows, rendered);
  } finally {
    await studio.close();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function print(rows, { video }) {
  const total = rows.reduce((sum, row) => sum + row.seconds, 0);
  const line = (name, count, time) =>
    `| ${name} | ${count} | ${time.toFixed(2)} | ${(time / video.duration).toFixed(3)} |`;
  console.log(
    [
      `**Processor time** of ${video.duration.toFixed(1)} s of video, by what it is spent on`,
      '',
      '| what | processes | seconds | seconds for a second of video |',
      '| --- | ---: | ---: | ---: |',
      ...rows.map((row) => line(row.purpose, row.commands, row.seconds)),
      line('**all**', '', total),
    ].join('\n'),
  );
}

/** User and system time of the engine process, which is the only child that runs Node.js. */
function engineSeconds() {
  const pid = enginePid();
  if (pid === undefined) return 0;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // Clock ticks of a hundredth of a second on every Linux.
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function enginePid() {
  return readdirSync('/proc').find((name) => /^\d+$/.test(name) && isEngine(name));
}

function isEngine(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    return parent === process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('node');
  } catch {
    return false;
  }
}

function valueOf(option) {
  const index = process.argv.indexOf(option);
  return index < 0 ? undefined : process.argv[index + 1];
}
