/**
 * Looks at an encoded clip, frame by frame, and compares it with what was intended. Whether a mouth
 * is the portrait's own is asked of the frames before they are encoded, byte by byte.
 */
import { PassThrough } from 'node:stream';
import { landmarksOfFrame } from '../../src/face/find';
import type { FaceNetworks } from '../../src/face/networks';
import { openFfmpeg } from '../../src/av/ffmpeg/open';
import { readVideoFrames } from '../../src/av/ffmpeg/frames';
import { AnimationTrack } from '../../src/lipsync/builtin/animation-track';
import { PortraitRenderer } from '../../src/lipsync/builtin/renderer';
import { listen, markSpeech, measureLevels, HOP } from '../../src/lipsync/sound';
import { type Picture, crop, type Region } from '../../src/lipsync/picture';
import {
  frameRate,
  LIPS_OUTER,
  measureOpenness,
  type ClipPayload,
  type Landmark,
  type SpeechPayload,
} from '../../src/contract';
import type { Portrait } from '../../src/lipsync/face';
import type { LightAsd } from './light-asd';
import { mfcc } from './mfcc';

/** Quiet of this length is silence, in seconds; less may be a held stop. */
const SILENCE = 0.2;
/** Frames beside the sound in which the mouth may come and go. */
const BESIDE = 2;

export interface Figures {
  frames: number;
  /** Sum of the frames' scores; undefined without the network. */
  score: number | undefined;
  /** Openness that was intended and that FaceMesh sees, of frames in speech. */
  pairs: [intended: number, seen: number][];
  /** Openness that FaceMesh sees where the lips are shut for m, b, p. */
  closures: number[];
  /** Silent frames: all, with a mouth that moved, and those further than two frames from the sound. */
  silent: { count: number; moved: number; far: number; farMoved: number };
}

export interface Instruments {
  networks: FaceNetworks;
  lightAsd: LightAsd | undefined;
  /** Seconds of a clip that are looked at. */
  seconds: number;
}

export async function measureClip(
  clip: ClipPayload,
  speech: SpeechPayload,
  { picture, landmarks }: Portrait,
  { networks, lightAsd, seconds }: Instruments,
): Promise<Figures> {
  const { signal } = new AbortController();
  const ffmpeg = await openFfmpeg();
  const rate = frameRate(25);
  const { features } = await listen(speech.file, signal);
  const track = { features, cues: speech.cues, frameCount: clip.frames };
  const renderer = new PortraitRenderer({ picture, landmarks, rate });
  const animation = new AnimationTrack({ ...track, rate });
  const { frames: rendered } = renderer.render(track, signal);
  const count = Math.min(clip.frames, seconds * 25);
  const { width, height } = clip;
  const view = {
    file: clip.file,
    type: 'video',
    width,
    height,
    rate,
    frames: clip.frames,
  } as const;
  const watch = lightAsd?.watch(width, height);
  const distances = silenceOf(features, count);
  const mouth = mouthOf(landmarks, crop(picture, renderer.region), renderer.region);
  const figures: Figures = {
    frames: count,
    score: undefined,
    pairs: [],
    closures: [],
    silent: { count: 0, moved: 0, far: 0, farMoved: 0 },
  };
  let index = 0;
  for await (const data of readVideoFrames(ffmpeg, view, { pixels: 'rgb24', count })) {
    const pose = animation.poseAt(index);
    const part = (await rendered.next()).value as Buffer;
    await watch?.push(data);
    const away = distances[index++];
    if (away > 0) {
      const moved = mouth.differs(part) ? 1 : 0;
      const far = away > BESIDE ? 1 : 0;
      figures.silent.count++;
      figures.silent.moved += moved;
      figures.silent.far += far;
      figures.silent.farMoved += far * moved;
    }
    if (pose.active < 0.99) continue;
    const found = await landmarksOfFrame({ width, height, data }, networks, { landmarks });
    if (!found) continue;
    const seen = measureOpenness(found.landmarks);
    figures.pairs.push([pose.open * (1 - pose.closure), seen]);
    if (pose.closure > 0.97) figures.closures.push(seen);
  }
  if (lightAsd && watch) {
    const scores = await lightAsd.score(
      await watch.faces(),
      mfcc(await soundOf(clip.file, seconds)),
    );
    figures.score = (scores.reduce((a, b) => a + b, 0) / scores.length) * count;
  }
  return figures;
}

/** For each frame: how many frames it lies within silence, 1 beside the sound; 0 for sound. */
function silenceOf(features: Parameters<typeof markSpeech>[0], count: number): Int32Array {
  const marks = markSpeech(features, measureLevels(features), SILENCE);
  const quiet = Array.from({ length: count }, (_, i) => {
    const steps = marks.subarray(Math.floor((i * 0.04) / HOP), Math.ceil(((i + 1) * 0.04) / HOP));
    return steps.every((mark) => mark === 0);
  });
  const distances = new Int32Array(count).fill(1 << 20);
  for (let i = 0; i < count; i++) {
    // The beginning of a clip is no sound that has just ended, nor is its end one to come.
    distances[i] = quiet[i] ? (i > 0 ? distances[i - 1] + 1 : 1 << 20) : 0;
  }
  for (let i = count - 2; i >= 0; i--) {
    distances[i] = Math.min(distances[i], distances[i + 1] + 1);
  }
  return distances;
}

/** The rectangle of the lips, in the part of the portrait that is drawn. */
function mouthOf(landmarks: readonly Landmark[], rest: Picture, { x, y }: Region) {
  const xs = LIPS_OUTER.map((index) => landmarks[index][0] - x);
  const ys = LIPS_OUTER.map((index) => landmarks[index][1] - y);
  const [left, right] = [Math.floor(Math.min(...xs)), Math.ceil(Math.max(...xs))];
  const [top, bottom] = [Math.floor(Math.min(...ys)), Math.ceil(Math.max(...ys))];
  return {
    /** True when a single byte is not the portrait's. */
    differs(part: Uint8Array): boolean {
      for (let row = top; row <= bottom; row++) {
        const from = 3 * (row * rest.width + left);
        const to = 3 * (row * rest.width + right + 1);
        for (let i = from; i < to; i++) if (part[i] !== rest.data[i]) return true;
      }
      return false;
    },
  };
}

/** 16 kHz, one channel, in 16-bit steps. */
async function soundOf(file: string, seconds: number): Promise<Int16Array> {
  const ffmpeg = await openFfmpeg();
  const target = new PassThrough();
  const format = ['-t', String(seconds), '-vn', '-ac', '1', '-ar', '16000', '-f', 's16le'];
  const [bytes] = await Promise.all([
    target.toArray() as Promise<Buffer[]>,
    ffmpeg.run({ inputs: [{ source: file }], outputs: [{ target, options: format }] }),
  ]);
  const all = Buffer.concat(bytes);
  return Int16Array.from({ length: all.length >> 1 }, (_, i) => all.readInt16LE(2 * i));
}
