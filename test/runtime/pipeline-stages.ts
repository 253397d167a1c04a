/**
 * All seven stages in miniature, in place of the real ones: they write small files and take a moment.
 * A sentence `fail` fails when it is rendered.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClipPayload, SpeechPayload, StageContext } from '../../src/contract';
import { STAGES as REAL } from '../../src/stages';

const FORMAT = { duration: 1, fps: 25, frames: 25, width: 64, height: 64 };
const SPEECH = {
  kind: 'speech',
  duration: 1,
  sampleRate: 8000,
  channels: 1,
  engine: 'test',
} as const;

async function work({ progress, signal }: StageContext): Promise<void> {
  for (let done = 0; done <= 3; done++) {
    progress({ type: 'running', done, total: 3, unit: 'steps' });
    await sleep(10, undefined, { signal });
  }
}

async function made(context: StageContext, name: string, content: string): Promise<string> {
  await work(context);
  const file = path.join(context.folder, name);
  await writeFile(file, content);
  return file;
}

export const STAGES: typeof REAL = {
  'text-segment': {
    ...REAL['text-segment'],
    load: async () => async (input) => ({
      segments: input.text.split('. ').map((text) => ({ kind: 'text', text })),
    }),
  },
  tts: {
    ...REAL.tts,
    load: async () => async (input, _parameters, context) => {
      const file = await made(context, 'speech.wav', input.text);
      return { ...SPEECH, file, text: input.text };
    },
  },
  loudnorm: {
    ...REAL.loudnorm,
    load: async () => async (input, _parameters, context) => {
      const text = await readFile(input.file, 'utf8');
      const file = await made(context, 'level.wav', text);
      return { ...SPEECH, file, text };
    },
  },
  'face-detect': {
    ...REAL['face-detect'],
    load: async () => async (input) => ({
      kind: 'face',
      source: { file: input.file, type: 'image', width: 64, height: 64 },
      ...{ detector: 'test', faces: [{ box: [1, 1, 9, 9], score: 1, roll: 0 }], selected: 0 },
    }),
  },
  wav2lip: {
    ...REAL.wav2lip,
    load: async () => async (input, _parameters, context) => {
      const { text = '', file } = input.speech as SpeechPayload;
      if (text === 'fail') throw new Error(`cannot render ${file}`);
      return clip(await made(context, 'clip.mp4', text), text);
    },
  },
  stitch: {
    ...REAL.stitch,
    load: async () => async (input, _parameters, context) => {
      const texts = await Promise.all(input.clips.map(({ file }) => readFile(file, 'utf8')));
      const file = await made(context, 'video.mp4', texts.join('|'));
      return { kind: 'video', file, chapters: [], ...FORMAT };
    },
  },
  'hls-export': {
    ...REAL['hls-export'],
    load: async () => async (_input, _parameters, context) => {
      const { folder } = context;
      const playlist = await made(context, 'master.m3u8', '#EXTM3U');
      await mkdir(path.join(folder, '360p'));
      await writeFile(path.join(folder, '360p', '0.m4s'), 'media');
      return {
        kind: 'hls',
        folder,
        playlist,
        poster: '',
        duration: 1,
        renditions: [],
        segments: 1,
      };
    },
  },
};

function clip(file: string, text: string): ClipPayload {
  return {
    ...{ kind: 'clip', file, text, ...FORMAT },
    engine: { model: 'test', device: 'cpu' },
    report: {
      ...{ seconds: 1, speed: 1, framesWithoutFace: 0, drivenBy: 'sound', offset: 0 },
      openness: { mean: 0, max: 0 },
    },
  };
}
