/** wav2lip: a face and a speech become a clip. */
import {
  trackRecords,
  type ClipPayload,
  type FacePayload,
  type SoundFile,
  type ParameterTable,
  type SpeechPayload,
  type StageDefinition,
  type ValuesOf,
} from '../contract';
import { chooseEngine, ENGINE_PARAMETERS, MODELS } from './engines';

const parameters = {
  /** `auto` takes the best that is installed and says which. */
  model: { type: 'model', default: 'auto', of: MODELS, icon: 'fa-cogs' },
  /** 0: the video's own, or 25 for a picture. */
  fps: { type: 'number', default: 0, min: 0, max: 120, unit: 'fps', icon: 'fa-film' },
  ...ENGINE_PARAMETERS,
} as const satisfies ParameterTable;

export type LipsyncParameters = ValuesOf<typeof parameters>;

export interface LipsyncInput {
  speech: SpeechPayload | SoundFile;
  face: FacePayload;
}

export const wav2lip: StageDefinition<LipsyncInput, ClipPayload, typeof parameters> = {
  name: 'wav2lip',
  version: 9,
  parameters,
  timeLimit: { base: 300, each: 60 },
  length: ({ speech }) =>
    'duration' in speech ? speech.duration : { file: speech.file, holds: 'sound' },
  files: ({ speech, face }) => [speech.file, ...faceFiles(face)],
  cacheKey: async ({ model: asked }, settings, signal) => {
    const { engine, model, reason = '' } = await chooseEngine(asked, settings, signal);
    const key = await engine.cacheKey(model, settings, signal);
    return { ...key, engine: engine.id, reason };
  },
};

function faceFiles(face: FacePayload): string[] {
  const { source, track } = face;
  if (!track) return [source.file];
  const records = source.type === 'video' ? [trackRecords(track)] : [];
  return [source.file, track, ...records];
}
