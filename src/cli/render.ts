import path from 'node:path';
import {
  HIGHEST_INPUT_LIMITS,
  inputError,
  type Note,
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
import { StageBars } from './bars';
import {
  COMMON,
  readOptions,
  UsageError,
  type Command,
  type OptionTable,
  withStudio,
} from './options';
import { copyFolder, expectTarget, expectTargetFolder, replaceFile } from './results';
import {
  readConfig,
  readServers,
  stageOptions,
  stageParameters,
  type Config,
} from './stage-options';

const OPTIONS = {
  text: { value: 'TEXT', help: 'what is said' },
  audio: { value: 'FILE', help: 'or: a sound file with speech' },
  face: {
    value: 'FILE',
    help: 'portrait: a photo, painting, drawing or video; the built-in avatar when left out',
  },
  'face-reference': {
    value: 'FILE',
    help: 'picture of the face that is meant, for --face-select reference',
  },
  out: { value: 'FILE.mp4', help: 'the video; an existing file is replaced' },
  hls: { value: 'FOLDER', help: 'an HLS stream as well; the folder must be new or empty' },
  config: {
    value: 'FILE',
    help:
      'JSON object of options by name, and by stage as messages have them: ' +
      '{"out": "a.mp4", "tts": {"rate": 180}}; what the command line says wins',
  },
  model: { value: 'NAME', help: 'what renders: short for --wav2lip-model' },
  voice: { value: 'NAME', help: 'short for --tts-voice; see: lipwire voices' },
  language: { value: 'TAG', help: 'short for --text-language and --tts-language' },
  fps: { value: 'NUMBER', help: 'short for --wav2lip-fps' },
  'accept-non-commercial': {
    help: 'your use is within the licence of models for research and personal use',
  },
  'allow-web': {
    help: '--face and --audio may be an address (http: or https:) of the internet',
  },
  servers: {
    value: 'FILE',
    help:
      'JSON file with the servers of voices: {"openai": {"address": "…", "key": "…"}}; ' +
      'in a file of --config the object itself',
  },
  'time-limit': {
    value: 'NUMBER',
    help: 'multiplies the time that each step may take (1 when left out; 0: no limit)',
  },
  'max-seconds': { value: 'N', help: 'longest sound or video (14400 when left out)' },
  'max-pixels': { value: 'N', help: 'largest picture (100000000 when left out)' },
  'max-bytes': {
    value: 'N',
    help: 'largest picture or downloaded file (268435456 when left out)',
  },
  ...COMMON,
} as const satisfies OptionTable;

/** Options by name, as the command line or else the configuration has them. */
type Given = Partial<Record<keyof typeof OPTIONS, string>>;

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
  /** Where the result will likely disappoint. */
  notes: Note[];
  stages: { stage: string; seconds: number }[];
  /** Seconds of work for a second of video; below 1 is faster than real time. */
  realTimeFactor: number;
}

/** `lipwire render`: the whole pipeline, without Node-RED. */
export const render: Command = {
  usage: ['render --text TEXT | --audio FILE [--face FILE] --out FILE.mp4 [OPTIONS]'],
  about: 'Text (or a sound) and a face to a talking-head video.',
  get options() {
    return [{ table: OPTIONS }, ...stageOptions()];
  },
  run,
};

async function run(args: string[], signal: AbortSignal): Promise<void> {
  const table: OptionTable = Object.assign({}, ...render.options.map((each) => each.table));
  const said = readOptions(args, table);
  const config =
    said['config'] === undefined ? undefined : readConfig(String(said['config']), table);
  const options = given(said, config);
  const out = path.resolve(expectUsage(options));
  const hls = options.hls === undefined ? undefined : path.resolve(options.hls);
  const request = requestOf(options, stageParameters(said, config), signal);
  const servers = readServers(said['servers'] ?? config?.values['servers']);
  const settings = { ...settingsOf(options), servers };
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
    process.stdout.write(isOn(options.json) ? `${JSON.stringify(result)}\n` : sentence(result));
  } finally {
    bars.end();
  }
}

/** The options that belong to no stage, as text. @throws E_INPUT */
function given(said: Record<string, unknown>, config: Config | undefined): Given {
  const found: Given = {};
  for (const name of Object.keys(OPTIONS) as (keyof Given)[]) {
    const value = said[name] ?? config?.values[name];
    if (value === undefined || value === null || name === 'servers') continue;
    if (!['string', 'number', 'boolean'].includes(typeof value)) {
      throw inputError(`${name} in ${config?.file}`, 'a string, a number, true or false', value);
    }
    found[name] = String(value);
  }
  return found;
}

function isOn(value: string | undefined): boolean {
  return value === 'true';
}

/** The studio's settings. @throws UsageError, E_INPUT */
function settingsOf(options: Given): StudioOptions {
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
    acceptNonCommercial: isOn(options['accept-non-commercial']),
    acceptWeb: isOn(options['allow-web']),
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
  { audio, face, 'face-reference': reference }: Given,
  signal: AbortSignal,
): Promise<Partial<Pick<RenderRequest, 'audio' | 'face' | 'reference'>>> {
  const fetch = (address: string | undefined, option: string): Promise<string> | undefined =>
    address && isWeb(address) ? studio.fetchFile(address, option, signal) : undefined;
  const [sound, portrait, same] = [
    await fetch(audio, '--audio'),
    await fetch(face, '--face'),
    await fetch(reference, '--face-reference'),
  ];
  return {
    ...(sound && { audio: sound }),
    ...(portrait && { face: portrait }),
    ...(same && { reference: same }),
  };
}

function isWeb(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

/** Options that name a file or a folder. */
const PATHS = ['audio', 'face', 'face-reference', 'hls'] as const;

/** The path for the video. */
function expectUsage({ text, out, ...options }: Given): string {
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

function requestOf(
  { text, audio, face, 'face-reference': reference, hls }: Given,
  parameters: RenderRequest['parameters'],
  signal: AbortSignal,
): RenderRequest {
  return {
    ...(audio === undefined ? { text } : { audio: path.resolve(audio) }),
    face: face === undefined ? avatarFile() : path.resolve(face),
    ...(reference !== undefined && { reference: path.resolve(reference) }),
    parameters,
    hls: hls !== undefined,
    signal,
  };
}

async function keepResults(
  { video, clips, notes, stream, stages, seconds }: Rendered,
  out: string,
  hls: string | undefined,
  signal: AbortSignal,
): Promise<RenderResult> {
  throwIfCancelled(signal);
  const [clip] = clips;
  if (!clip) throw new LipwireError('E_INTERNAL', 'The pipeline made no clip.');
  await replaceFile(video.file, out);
  if (stream && hls) await copyFolder(stream.folder, hls, path.basename(stream.playlist));
  const { duration, frames, fps, width, height } = video;
  return {
    video: out,
    ...(stream &&
      hls && { playlist: path.join(hls, path.relative(stream.folder, stream.playlist)) }),
    ...{ duration, frames, fps, width, height },
    engine: clip.engine,
    notes,
    stages: stages.map(({ stage, seconds: span }) => ({ stage, seconds: round(span) })),
    realTimeFactor: round(seconds / duration),
  };
}

function sentence({ video, duration, frames, fps, width, height, ...rest }: RenderResult): string {
  const facts = `${duration.toFixed(1)} s, ${frames} frames at ${round(fps)} fps, ${width}×${height}`;
  const speed = `${rest.engine.model}, ${(1 / Math.max(rest.realTimeFactor, 0.001)).toFixed(1)} times real time`;
  const stream = rest.playlist ? `${rest.playlist}\n` : '';
  const notes = rest.notes.map(({ text }) => `Note: ${text}\n`).join('');
  return `${video} (${facts}, ${speed})\n${stream}${notes}`;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
