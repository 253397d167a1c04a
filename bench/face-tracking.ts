/**
 * What tracking a face through a video costs, and how near it stays to detection on every frame at
 * full size.
 *   node --import tsx bench/face-tracking.ts VIDEO [EVERY]
 *
 * One run measures both, and prints seconds of processor time (this process and FFmpeg) and of the
 * clock. Detection is the search that stills get. It is done on every EVERYth frame (10), all frames
 * being decoded at full size, and its cost a frame counted for all of them; 1 does it on every frame.
 * The boxes of these frames are compared with those of the track.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { findFaces, type FoundFace } from '../src/face/find';
import { openFaceNetworks } from '../src/face/networks';
import { type Box, intersectionOverUnion } from '../src/face/box';
import { describeVideo, readVideoFrames } from '../src/av/ffmpeg/frames';
import { openFfmpeg } from '../src/av/ffmpeg/open';
import { openFaceTrack, resolveParameters } from '../src/contract';
import { run as runFaceDetect } from '../src/face/run';
import { faceDetect } from '../src/face/stage';

interface Cost {
  processor: number;
  clock: number;
}

async function main(): Promise<void> {
  const [file = '', step = '10'] = process.argv.slice(2);
  const every = Number(step);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'lipwire-bench-'));
  const modelsFolder = path.join(folder, 'models');
  const ffmpeg = await openFfmpeg();
  const networks = await openFaceNetworks({ modelsFolder });
  const view = await describeVideo(ffmpeg, file);
  try {
    const start = meter();
    const found = new Map<number, Box>();
    const searching: Cost = { processor: 0, clock: 0 };
    let frames = 0;
    for await (const data of readVideoFrames(ffmpeg, view, { pixels: 'rgb24' })) {
      if (frames % every === 0) {
        const before = ownMeter();
        const { width, height } = view;
        const { faces } = await findFaces({ width, height, data }, networks, { minScore: 0.5 });
        if (faces.length > 0) found.set(frames, largest(faces).box);
        add(searching, ownMeter(), before);
      }
      frames++;
    }
    const all = since(start);
    const detecting = {
      processor: all.processor + searching.processor * (every - 1),
      clock: all.clock + searching.clock * (every - 1),
    };
    const trackStart = meter();
    const { track, report } = await runFaceDetect(
      { kind: 'file', file },
      resolveParameters(faceDetect.parameters, []),
      {
        signal: new AbortController().signal,
        folder,
        settings: { ffmpegPath: '', modelsFolder, device: 'cpu', acceptNonCommercial: false },
        progress: () => undefined,
      },
    );
    const tracking = since(trackStart);
    const shares = await compare(track as string, found);
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    const summary = {
      video: `${frames} frames of ${view.width}×${view.height}`,
      detectionOnEveryFrame: rounded(detecting),
      tracking: {
        ...rounded(tracking),
        framesAProcessorSecond: round(frames / tracking.processor),
      },
      timesFaster: round(detecting.processor / tracking.processor),
      timesFasterByTheClock: round(detecting.clock / tracking.clock),
      overlap: { frames: shares.length, least: round(Math.min(...shares)), mean: round(mean) },
      shots: report?.shots,
      detections: report?.detections,
    };
    process.stdout.write(`${JSON.stringify(summary, undefined, 2)}\n`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function compare(file: string, found: ReadonlyMap<number, Box>): Promise<number[]> {
  const track = await openFaceTrack(file);
  const shares: number[] = [];
  for (const [index, box] of found) {
    const frame = await track.frame(index);
    shares.push(frame.box ? intersectionOverUnion(frame.box, box) : 0);
  }
  await track.close();
  return shares;
}

function largest(faces: readonly FoundFace[]): FoundFace {
  const width = ({ box }: FoundFace) => box[2] - box[0];
  return [...faces].sort((a, b) => width(b) - width(a))[0];
}

/** This process and, on Linux, the children that have ended. */
function meter(): Cost {
  const { processor, clock } = ownMeter();
  return { processor: processor + childrenSeconds(), clock };
}

function ownMeter(): Cost {
  const { user, system } = process.cpuUsage();
  return { processor: (user + system) / 1e6, clock: performance.now() / 1000 };
}

/** Fields 16 and 17 of proc(5)'s stat: user and system time of children, in hundredths. */
function childrenSeconds(): number {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[13]) + Number(fields[14])) / 100;
  } catch {
    return 0;
  }
}

function since(start: Cost): Cost {
  const now = meter();
  return { processor: now.processor - start.processor, clock: now.clock - start.clock };
}

function add(total: Cost, now: Cost, before: Cost): void {
  total.processor += now.processor - before.processor;
  total.clock += now.clock - before.clock;
}

function rounded({ processor, clock }: Cost) {
  return { processorSeconds: round(processor), clockSeconds: round(clock) };
}

function round(value: number): number {
  return Number(value.toFixed(3));
}

void main();
