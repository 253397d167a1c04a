/** stitch: clips become one video. */
import {
  type ClipPayload,
  LIMITS,
  type ParameterTable,
  type StageDefinition,
  type ValuesOf,
  type VideoPayload,
} from '../contract';

/** xfade's transitions in FFmpeg 4.3, plus `cut`. */
export const TRANSITIONS = [
  'cut fade wipeleft wiperight wipeup wipedown slideleft slideright slideup slidedown circlecrop',
  'rectcrop distance fadeblack fadewhite radial smoothleft smoothright smoothup smoothdown',
  'circleopen circleclose vertopen vertclose horzopen horzclose dissolve pixelize diagtl diagtr',
  'diagbl diagbr hlslice hrslice vuslice vdslice',
]
  .join(' ')
  .split(' ') as readonly string[];

const parameters = {
  transition: { type: 'choice', default: 'fade', of: TRANSITIONS, icon: 'fa-exchange' },
  /** Seconds; 0 is a cut. */
  transitionLength: {
    type: 'number',
    default: 0.2,
    min: 0,
    max: 5,
    unit: 's',
    icon: 'fa-clock-o',
    when: { parameter: 'transition', isNot: ['cut'] },
  },
  /** Pixels; 0 takes the largest clip's. Both together stay within 1080p, either way up. */
  width: {
    type: 'number',
    default: 0,
    min: 0,
    max: LIMITS.renderedLongSide,
    whole: true,
    unit: 'px',
    icon: 'fa-arrows-h',
  },
  height: {
    type: 'number',
    default: 0,
    min: 0,
    max: LIMITS.renderedLongSide,
    whole: true,
    unit: 'px',
    icon: 'fa-arrows-v',
  },
  fit: { type: 'choice', default: 'contain', of: ['contain', 'cover', 'stretch'], icon: 'fa-crop' },
  /** 0 takes the first clip's. */
  fps: { type: 'number', default: 0, min: 0, max: 120, unit: 'fps', icon: 'fa-film' },
  quality: {
    type: 'choice',
    default: 'high',
    of: ['draft', 'standard', 'high', 'best'],
    icon: 'fa-diamond',
  },
} as const satisfies ParameterTable;

export type StitchParameters = ValuesOf<typeof parameters>;

export const stitch: StageDefinition<{ clips: ClipPayload[] }, VideoPayload, typeof parameters> = {
  name: 'stitch',
  version: 4,
  parameters,
  timeLimit: { base: 120, each: 20 },
  length: ({ clips }) => clips.reduce((sum, { duration }) => sum + duration, 0),
  files: ({ clips }) => clips.flatMap(clipFiles),
};

/** What stitch reads of a clip. */
function clipFiles({ file, master, backdrop }: ClipPayload): string[] {
  if (!master) return [file];
  return backdrop ? [master, backdrop.file] : [master];
}
