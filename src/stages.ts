/**
 * The stages by name: the one place that names them all. Light: Node-RED's own thread reads it, while
 * the work (and the native libraries under it) loads in the worker process only.
 */
import { createRequire } from 'node:module';
import type { RunOf, StageDefinition, StageRun, ValuesOf } from './contract';
import { faceDetect } from './face/stage';
import { hlsExport } from './hls/stage';
import { wav2lip } from './lipsync/stage';
import { loudnorm } from './loudness/stage';
import { stitch } from './stitch/stage';
import { textSegment } from './text/stage';
import { tts } from './tts/stage';

interface Definitions {
  'text-segment': typeof textSegment;
  tts: typeof tts;
  loudnorm: typeof loudnorm;
  'face-detect': typeof faceDetect;
  wav2lip: typeof wav2lip;
  stitch: typeof stitch;
  'hls-export': typeof hlsExport;
}

export type StageName = keyof Definitions;
export type StageInput<S extends StageName> = Parameters<RunOf<Definitions[S]>>[0];
export type StageParameters<S extends StageName> = ValuesOf<Definitions[S]['parameters']>;
export type StageOutput<S extends StageName> = Awaited<ReturnType<RunOf<Definitions[S]>>>;
/** The work of a stage. */
export type Stage<S extends StageName> = StageRun<
  StageInput<S>,
  StageOutput<S>,
  StageParameters<S>
>;

type Stages = {
  [S in StageName]: StageDefinition<StageInput<S>, StageOutput<S>, Definitions[S]['parameters']> & {
    /** Loads the work; called in the worker process only. */
    load(): Promise<Stage<S>>;
  };
};

export const STAGES: Stages = {
  'text-segment': { ...textSegment, load: async () => (await import('./text/run.js')).run },
  tts: { ...tts, load: async () => (await import('./tts/run.js')).run },
  loudnorm: { ...loudnorm, load: async () => (await import('./loudness/run.js')).run },
  'face-detect': { ...faceDetect, load: async () => (await import('./face/run.js')).run },
  wav2lip: { ...wav2lip, load: async () => (await import('./lipsync/run.js')).run },
  stitch: { ...stitch, load: async () => (await import('./stitch/run.js')).run },
  'hls-export': { ...hlsExport, load: async () => (await import('./hls/run.js')).run },
};

/** What another CommonJS module exports as `STAGES`, for tests; where none is named, those above. */
export function stagesOf(module: string): Stages {
  return module ? (createRequire(__filename)(module) as { STAGES: Stages }).STAGES : STAGES;
}

export const STAGE_NAMES = Object.keys(STAGES) as StageName[];
