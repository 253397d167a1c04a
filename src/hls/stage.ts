/** hls-export: a video becomes HLS renditions. */
import type {
  ClipPayload,
  MediaFile,
  Note,
  ParameterTable,
  Rendition,
  StageDefinition,
  ValuesOf,
  VideoPayload,
} from '../contract';

/** What hls-export makes, before a node publishes it under a URL. */
export interface HlsFiles {
  kind: 'hls';
  folder: string;
  /** Master playlist. */
  playlist: string;
  /** First frame, JPEG, for the player. */
  poster: string;
  duration: number;
  renditions: Rendition[];
  segments: number;
  /** What is likely to disappoint. */
  notes?: Note[];
}

const parameters = {
  /** Seconds. */
  segmentLength: { type: 'number', default: 4, min: 1, max: 30, unit: 's', icon: 'fa-clock-o' },
  /** Heights, highest first; those above the video's own are left out. Empty: by the video's size. */
  renditions: {
    type: 'text',
    default: '',
    maxLength: 100,
    unit: 'px',
    format: 'renditions',
    icon: 'fa-clone',
  },
  container: { type: 'choice', default: 'fmp4', of: ['fmp4', 'ts'], icon: 'fa-archive' },
} as const satisfies ParameterTable;

export type HlsExportParameters = ValuesOf<typeof parameters>;

export const hlsExport: StageDefinition<
  VideoPayload | ClipPayload | MediaFile,
  HlsFiles,
  typeof parameters
> = {
  name: 'hls-export',
  version: 3,
  parameters,
  timeLimit: { base: 120, each: 40 },
  length: (input) => ('duration' in input ? input.duration : { file: input.file, holds: 'video' }),
  files: (input) =>
    'captions' in input && input.captions ? [input.file, input.captions] : [input.file],
};
