import path from 'node:path';
import {
  HIGHEST_INPUT_LIMITS,
  LipwireError,
  throwIfCancelled,
  objectSource,
  resolveParameters,
  type ParameterTable,
} from '../contract';
import { avatarFile } from '../runtime/avatar';
import { renderVideo, type Rendered, type RenderRequest } from '../runtime/pipeline';
import type { Studio } from '../runtime/studio';
import type { StudioOptions } from '../runtime/types';
import { readOptions, UsageError, type Options } from './arguments';
import { copyFolder, expectTarget, expectTargetFolder, replaceFile } from './results';
import { StageBars } from './stage-bars';
import { withStudio } from './studio';
import { textSegment } from '../text/stage';
import { tts } from '../tts/stage';
import { wav2lip } from '../lipsync/stage';

const OPTIONS = {
  text: 'string',
  audio: 'string',
  face: 'string',
  out: 'string',
  hls: 'string',
  model: 'string',
  voice: 'string',
  language: 'string',
  fps: 'string',
  'accept-non-commercial': 'boolean',
  'allow-web': 'boolean',
  'time-limit': 'string',
  'max-seconds': 'string',
  'max-pixels': 'string',
  'max-bytes': 'string',
  workspace: 'string',
  json: 'boolean',
} as const;

/** What `--json` prints. */
export interface RenderResult {
  video: string;
  playlist?: string;
  duration: number;
  frames: number;
  fps: number;
  width: number;
  height: number;
  engine: { model: string; device: string; reason?: string };
  stages: { stage: string; seconds: number }[];
  /** Seconds of work for a second of video; below 1 is faster than real time. */
  realTimeFactor: number;
}

/** `lipwire render`: the whole pipeline, without Node-RED. */
export async function render(args: string[], signal: AbortSignal): Promise<void> {
  const options = readOptions(args, OPTIONS);
  const out = path.resolve(expectUsage(options));
  const hls = options.hls === undefined ? undefined : path.resolve(options.hls);
  const request = requestOf(options, signal);
  const settings = settingsOf(options);
  await expectTarget(out);
  if (hls) await expectTargetFolder(hls);
  const bars = new StageBars(process.stderr);
  try {
    const result = await withStudio(settings, async (studio) => {
      const onProgress = bars.update.bind(bars);
      const inputs = await filesOf(studio, options, signal);
      const rendered = await renderVideo(studio, { ...request, ...inputs, onProgress });
      return keepResults(rendered, out, hls, signal);
    });
    bars.end();
    process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : sentence(result));
  } finally {
    bars.end();
  }
}

/** The studio's settings. @throws UsageError, E_INPUT */
function settingsOf(options: Options<typeof OPTIONS>): StudioOptions {
  const { workspace } = options;
  const table = {
    'time-limit': { type: 'number', default: 1, min: 0, max: 1000 },
    'max-seconds': { type: 'number', default: 0, min: 0, max: HIGHEST_INPUT_LIMITS.seconds },
    'max-pixels': { type: 'number', default: 0, min: 0, max: HIGHEST_INPUT_LIMITS.pixels },
    'max-bytes': { type: 'number', default: 0, min: 0, max: HIGHEST_INPUT_LIMITS.bytes },
  } as const satisfies ParameterTable;
  const values = resolveParameters(table, [objectSource('--', options)]);
  return {
    ...(workspace !== undefined && { workspace }),
    acceptNonCommercial: options['accept-non-commercial'] ?? false,
    acceptWeb: options['allow-web'] ?? false,
    timeLimit: values['time-limit'],
    limits: {
      seconds: values['max-seconds'],
      pixels: values['max-pixels'],
      bytes: values['max-bytes'],
    },
  };
}

/** The sound and the portrait: files, or what web addresses give. */
async function filesOf(
  studio: Studio,
  { audio, face }: Options<typeof OPTIONS>,
  signal: AbortSignal,
): Promise<Partial<Pick<RenderRequest, 'audio' | 'face'>>> {
  const found: Partial<Pick<RenderRequest, 'audio' | 'face'>> = {};
  if (audio && isWeb(audio)) found.audio = await studio.fetchFile(audio, '--audio', signal);
  if (face && isWeb(face)) found.face = await studio.fetchFile(face, '--face', signal);
  return found;
}

function isWeb(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

/** Options that name a file or a folder. */
const PATHS = ['audio', 'face', 'hls'] as const;

/** The path for the video. */
function expectUsage({ text, out, ...options }: Options<typeof OPTIONS>): string {
  // An empty one comes from a variable that is not set; nothing may stand in for it silently.
  const empty = PATHS.find((name) => options[name] === '');
  if (empty) throw new UsageError(`Expected a path after --${empty} but received an empty text.`);
  if ((text === undefined) === (options.audio === undefined)) {
    throw new UsageError('Expected either --text or --audio.');
  }
  if (!out) throw new UsageError('Expected --out with the name of the video.');
  if (!/\.(mp4|m4v)$/i.test(out)) {
    throw new UsageError(`Expected a name that ends in .mp4 for --out but received ${out}.`);
  }
  return out;
}

function requestOf(options: Options<typeof OPTIONS>, signal: AbortSignal): RenderRequest {
  const { text, audio, face, voice, language, model, fps } = options;
  const given = [objectSource('--', { voice, language, model, fps })];
  return {
    ...(audio === undefined ? { text } : { audio: path.resolve(audio) }),
    face: face === undefined ? avatarFile() : path.resolve(face),
    parameters: {
      'text-segment': resolveParameters(textSegment.parameters, given),
      tts: resolveParameters(tts.parameters, given),
      wav2lip: resolveParameters(wav2lip.parameters, given),
    },
    hls: options.hls !== undefined,
    signal,
  };
}

async function keepResults(
  { video, clips, stream, stages, seconds }: Rendered,
  out: string,
  hls: string | undefined,
  signal: AbortSignal,
): Promise<RenderResult> {
  throwIfCancelled(signal);
  const [clip] = clips;
  if (!clip) throw new LipwireError('E_INTERNAL', 'The pipeline made no clip.');
  await replaceFile(video.file, out);
  if (stream && hls) await copyFolder(stream.folder, hls);
  const { duration, frames, fps, width, height } = video;
  return {
    video: out,
    ...(stream &&
      hls && { playlist: path.join(hls, path.relative(stream.folder, stream.playlist)) }),
    ...{ duration, frames, fps, width, height },
    engine: clip.engine,
    stages: stages.map(({ stage, seconds: span }) => ({ stage, seconds: round(span) })),
    realTimeFactor: round(seconds / duration),
  };
}

function sentence({ video, duration, frames, fps, width, height, ...rest }: RenderResult): string {
  const facts = `${duration.toFixed(1)} s, ${frames} frames at ${round(fps)} fps, ${width}×${height}`;
  const speed = `${rest.engine.model}, ${(1 / Math.max(rest.realTimeFactor, 0.001)).toFixed(1)} times real time`;
  const stream = rest.playlist ? `${rest.playlist}\n` : '';
  return `${video} (${facts}, ${speed})\n${stream}`;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
