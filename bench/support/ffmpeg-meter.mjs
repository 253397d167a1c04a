/**
 * FFmpeg and FFprobe behind small shell scripts that note how much processor time each command took
 * (Linux and macOS). What a command was for is told by the names in its arguments.
 */
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** By a part of the command line; the first that fits counts. */
const PURPOSES = [
  ['/ffprobe ', 'ffprobe: a look at a file'],
  ['-f hls ', 'hls-export: renditions'],
  ['-f framecrc', 'hls-export: where key frames are'],
  ['/clip.mp4', 'wav2lip: clip and its master'],
  ['/pieces.txt', 'stitch: MP4 put together'],
  ['/piece', 'stitch: picture'],
  ['-f s16le', 'stitch: sounds decoded'],
  ['/sound.mp4', 'stitch: sound encoded'],
  ['ebur128', 'loudness measured'],
  ['loudnorm', 'loudnorm: applied'],
];

/**
 * Puts the scripts into a folder.
 * @param programs `{ ffmpegPath, ffprobePath }`
 * @returns `folder` for LIPWIRE_FFMPEG, and `read()`: rows `{ purpose, commands, seconds }`
 */
export function meterFfmpeg(folder, { ffmpegPath, ffprobePath }) {
  mkdirSync(folder);
  const log = path.join(folder, 'log');
  for (const [name, program] of Object.entries({ ffmpeg: ffmpegPath, ffprobe: ffprobePath })) {
    const script = path.join(folder, name);
    // `times` prints two lines: of the shell, and of what it started.
    const lines = [
      '#!/bin/sh',
      `began=$(date +%s.%N)`,
      `${quoted(program)} "$@"`,
      'code=$?',
      `{ printf '%s %s %s ' "$began" "$(date +%s.%N)" ${quoted(program)}; printf '%s ' "$@" | tr '\\n' ' '; echo; times; } >${quoted(log)}.$$`,
      'exit $code',
    ];
    writeFileSync(script, `${lines.join('\n')}\n`);
    chmodSync(script, 0o755);
  }
  return {
    folder,
    read() {
      const logs = readdirSync(folder).filter((name) => name.startsWith('log.'));
      const files = logs.map((name) => path.join(folder, name));
      const rows = rowsOf(files.map((file) => readFileSync(file, 'utf8')));
      for (const file of files) rmSync(file);
      return rows;
    },
  };
}

function quoted(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function rowsOf(logs) {
  const rows = new Map();
  for (const log of logs) {
    const [line, , times] = log.split('\n');
    const purpose = PURPOSES.find(([part]) => line.includes(part))?.[1] ?? 'other';
    const row = rows.get(purpose) ?? { purpose, commands: 0, seconds: 0 };
    row.commands += 1;
    for (const time of times.split(' ')) row.seconds += secondsOf(time);
    rows.set(purpose, row);
  }
  return [...rows.values()].sort((a, b) => b.seconds - a.seconds);
}

/** Of `0m1.25s`. */
function secondsOf(time) {
  const [, minutes, seconds] = /^(\d+)m([\d.]+)s$/.exec(time) ?? [];
  return Number(minutes ?? 0) * 60 + Number(seconds ?? 0);
}
