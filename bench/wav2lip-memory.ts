/**
 * Whether the memory of Wav2Lip grows with the length of the speech: peak resident memory of the
 * process that renders 1 and 10 minutes, of a still portrait and of a 1080p video that is shorter
 * than the speech and so plays back and forth.
 *
 *   node --import tsx bench/wav2lip-memory.ts [minutes]
 *
 * To finish in some minutes it renders 10 frames a second, and the network is a made-up one that
 * gives the face back as it came: what is measured is all that surrounds the network. A network's
 * own memory depends on its batch alone. The picture is a test pattern; the face's place is made up.
 * The FFmpeg processes are counted on their own. Exits with 1 where the longer speech takes more than
 * 15 % more.
 */
import { fork } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { openFfmpeg } from '../src/av/ffmpeg/open';
import {
  FaceTrackWriter,
  frameRate,
  type FacePayload,
  objectSource,
  resolveParameters,
} from '../src/contract';
import { writeWav } from '../src/av/wav';
import { ModelStore } from '../src/ml/store/store';
import { writeModel } from '../src/ml/onnx/writer';
import { run as runWav2lip } from '../src/lipsync/run';
import { drawnFace } from '../test/support/drawn-face';
import { mirrorNetwork } from '../test/support/mirror-network';
import { noise } from '../test/support/noise';
import { watchPeak } from './support/process-tree.mjs';
import { wav2lip } from '../src/lipsync/stage';

const FPS = 10;
const RATE = 16_000;
const [WIDTH, HEIGHT] = [1920, 1080];
/** Seconds of the video. */
const VIDEO_SECONDS = 20;
const MOST_GROWTH = 1.15;

interface Job {
  face: FacePayload;
  sound: string;
  folder: string;
  models: string;
}

async function render({ face, sound, folder, models }: Job): Promise<void> {
  const values = { model: 'mirror', fps: FPS, silenceGate: false, blinks: true };
  await mkdir(folder);
  const clip = await runWav2lip(
    { speech: { kind: 'file', file: sound }, face },
    resolveParameters(wav2lip.parameters, [objectSource('', values)]),
    {
      signal: new AbortController().signal,
      folder,
      settings: { ffmpegPath: '', modelsFolder: models, device: 'cpu', acceptNonCommercial: true },
      progress: () => undefined,
    },
  );
  await rm(folder, { recursive: true });
  process.send?.({ frames: clip.frames, peak: process.resourceUsage().maxRSS * 1024 });
}

async function measure(job: Job): Promise<{ frames: number; peak: number; tree: number }> {
  const child = fork(__filename, ['render'], { execArgv: ['--import', 'tsx'] });
  const stop = watchPeak(child.pid);
  child.send(job);
  const result = await new Promise<{ frames: number; peak: number }>((resolve, reject) => {
    child.once('message', (message) => resolve(message as { frames: number; peak: number }));
    child.once('exit', (code) => reject(new Error(`The renderer ended with ${code}.`)));
  });
  const tree = stop() ?? 0;
  child.disconnect();
  return { ...result, tree };
}

async function speech(folder: string, minutes: number): Promise<string> {
  const file = path.join(folder, `speech-${minutes}.wav`);
  const second = noise(RATE, -0.3, 0.3);
  const samples = new Float32Array(minutes * 60 * RATE);
  for (let at = 0; at < samples.length; at += RATE) samples.set(second, at);
  await writeWav(file, { sampleRate: RATE, channels: [samples] });
  return file;
}

async function still(folder: string): Promise<FacePayload> {
  const { default: sharp } = await import('sharp');
  const [width, height] = [720, 720];
  const { picture, landmarks } = drawnFace(width, height);
  const file = path.join(folder, 'still.png');
  await sharp(picture.data, { raw: { width, height, channels: 3 } }).toFile(file);
  const box: [number, number, number, number] = [150, 100, 570, 640];
  const frames = [{ box, score: 1, landmarks: landmarks.map(([x, y]) => [x, y, 0]) }];
  const track = path.join(folder, 'still.json');
  const facts = { version: 1, topology: 'facemesh-468', width, height };
  await writeFile(track, JSON.stringify({ ...facts, frames }));
  return faceOf({ file, type: 'image', width, height }, track);
}

async function video(folder: string): Promise<FacePayload> {
  const place = path.join(folder, 'video');
  await mkdir(place);
  const file = path.join(place, 'pattern.mp4');
  const ffmpeg = await openFfmpeg();
  const pattern = `testsrc2=size=${WIDTH}x${HEIGHT}:rate=${FPS}:duration=${VIDEO_SECONDS}`;
  await ffmpeg.run({
    inputs: [{ source: pattern, options: ['-f', 'lavfi'] }],
    outputs: [{ target: file, options: ['-pix_fmt', 'yuv420p', '-preset', 'ultrafast'] }],
  });
  const rate = frameRate(FPS);
  const writer = await FaceTrackWriter.create(place, { width: WIDTH, height: HEIGHT, rate });
  const frames = VIDEO_SECONDS * FPS;
  for (let i = 0; i < frames; i++) {
    const { landmarks } = drawnFace(4, 4, 0.1 * Math.sin(i / 5));
    const moved = landmarks.map(
      ([x, y]) => [960 + (x - 2) * 150 + 3 * i, 540 + (y - 2) * 150] as const,
    );
    const box: [number, number, number, number] = [700 + 3 * i, 300, 1200 + 3 * i, 800];
    await writer.write({ state: 'found', shot: 0, score: 1, roll: 0, box, landmarks: moved });
  }
  const track = await writer.finish();
  return faceOf(
    { file, type: 'video', width: WIDTH, height: HEIGHT, fps: FPS, frames, rate },
    track,
  );
}

function faceOf(source: FacePayload['source'], track: string): FacePayload {
  const faces: FacePayload['faces'] = [{ box: [0, 0, 10, 10], score: 1, roll: 0 }];
  return { kind: 'face', source, detector: 'made up', faces, selected: 0, track };
}

async function main(): Promise<void> {
  const long = Number(process.argv[2] ?? 10);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-memory-'));
  try {
    const models = path.join(folder, 'models');
    const network = path.join(folder, 'mirror.onnx');
    await writeFile(network, writeModel(mirrorNetwork()));
    await new ModelStore({ folder: models }).add(network);
    const lines: string[] = [];
    for (const [name, face] of Object.entries({
      'still, 720×720': await still(folder),
      'video, 1920×1080': await video(folder),
    })) {
      const peaks: number[] = [];
      for (const minutes of [1, long]) {
        const job = {
          face,
          sound: await speech(folder, minutes),
          folder: path.join(folder, 'job'),
          models,
        };
        const { frames, peak, tree } = await measure(job);
        peaks.push(peak);
        lines.push(
          `| ${name} | ${minutes} min | ${frames} | ${mebibytes(peak)} | ${mebibytes(tree)} |`,
        );
      }
      const growth = peaks[1] / peaks[0];
      lines.push(`| ${name} | | | ×${growth.toFixed(3)} | |`);
      if (growth > MOST_GROWTH) process.exitCode = 1;
    }
    const head = '| face | speech | frames | peak of the engine | with FFmpeg |';
    process.stdout.write([head, '| --- | --- | --- | --- | --- |', ...lines, ''].join('\n'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

if (process.argv[2] === 'render') process.once('message', (job) => void render(job as Job));
else void main();
