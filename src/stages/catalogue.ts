/**
 * The stages by name. This module is light: Node-RED's own thread reads it for the cache keys, while
 * the implementations (and the native libraries under them) load in the engine process only.
 */
import { trackRecords, type ClipPayload, type FacePayload } from '../media';
import { faceModelsKey } from './faces/detector-model';
import { chooseModel, choiceKey } from './lipsync/choose-model';
import type { Stage, StageInput, StageName, StageParameters, StageSettings } from './stage';

interface StageEntry<S extends StageName> {
  /** Part of every cache key: raise it when the same input would give another output. */
  version: number;
  /** Files that the stage reads; their content is part of the cache key. */
  files(input: StageInput<S>): string[];
  /**
   * What the output depends on besides the input and the parameters: the studio's settings, and
   * models by their content.
   * @returns plain JSON data, part of the cache key
   */
  models?(
    parameters: StageParameters<S>,
    settings: StageSettings,
    signal: AbortSignal,
  ): Promise<unknown>;
  load(): Promise<Stage<S>>;
}

export const STAGES: { [S in StageName]: StageEntry<S> } = {
  'text-segment': {
    version: 1,
    files: () => [],
    load: async () => (await import('./text-segment.js')).textSegment,
  },
  tts: {
    version: 1,
    files: () => [],
    load: async () => (await import('./tts.js')).tts,
  },
  loudnorm: {
    version: 4,
    files: (input) => [input.file],
    load: async () => (await import('./loudnorm.js')).loudnorm,
  },
  'face-detect': {
    version: 3,
    files: ({ file, reference }) => (reference ? [file, reference] : [file]),
    models: faceModelsKey,
    load: async () => (await import('./face-detect.js')).faceDetect,
  },
  wav2lip: {
    version: 5,
    files: ({ speech, face }) => [speech.file, ...faceFiles(face)],
    models: async ({ model }, settings, signal) => {
      const choice = await chooseModel(model, settings, signal);
      // The built-in engine runs on the CPU whatever the setting is.
      const device = choice.engine === 'builtin' ? 'cpu' : settings.device;
      return { ...choiceKey(choice), device };
    },
    load: async () => (await import('./wav2lip.js')).wav2lip,
  },
  stitch: {
    version: 3,
    files: ({ clips }) => clips.flatMap(clipFiles),
    load: async () => (await import('./stitch.js')).stitch,
  },
  'hls-export': {
    version: 2,
    files: (input) =>
      'captions' in input && input.captions ? [input.file, input.captions] : [input.file],
    load: async () => (await import('./hls-export.js')).hlsExport,
  },
};

export const STAGE_NAMES = Object.keys(STAGES) as StageName[];

/** What stitch reads of a clip. */
function clipFiles({ file, master, backdrop }: ClipPayload): string[] {
  if (!master) return [file];
  return backdrop ? [master, backdrop.file] : [master];
}

function faceFiles(face: FacePayload): string[] {
  const { source, track } = face;
  if (!track) return [source.file];
  const records = source.type === 'video' ? [trackRecords(track)] : [];
  return [source.file, track, ...records];
}
