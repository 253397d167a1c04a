/** Questions of the editor's dialogs to the worker, and their answers: plain JSON. */
import {
  type ClipPayload,
  type Cue,
  type DetectedFace,
  type PortraitFile,
  LipwireError,
  throwIfCancelled,
} from '../contract';
import type { FaceDetectParameters } from './stage';
import type { Picture } from '../av/picture';

export interface Previews {
  portrait: { about: PortraitAbout; answer: PortraitPreview };
  clip: { about: ClipAbout; answer: ClipPreview };
}

export type PreviewName = keyof Previews;

/** A picture small enough for a dialog. */
interface StillPicture {
  /** Base64. */
  jpeg: string;
  width: number;
  height: number;
}

export interface PortraitAbout {
  input: PortraitFile;
  parameters: FaceDetectParameters;
  /** Id of the dialog: a new question cancels its last one. */
  asker: string;
}

/** Boxes and landmarks are in pixels of the source. */
export interface PortraitPreview {
  picture: StillPicture;
  source: { type: 'image' | 'video'; width: number; height: number };
  /** Of a video: time of the frame in seconds. */
  time?: number;
  /** From left to right. */
  faces: DetectedFace[];
  selected: number;
  /** Of the selected face, without their depth. */
  landmarks: [number, number][];
}

export interface ClipAbout {
  clip: Pick<ClipPayload, 'file' | 'width' | 'height' | 'fps' | 'frames' | 'duration'>;
  cues?: Cue[];
}

export interface ClipPreview {
  /** The frame in the middle of the loudest word, or at the loudest moment. */
  still: StillPicture;
  /** Seconds. */
  stillTime: number;
  word?: string;
  /** Largest sample of each of equal parts of the clip, 0…1. */
  waveform: number[];
  /**
   * The gap of the lips as a share of the mouth's width, in frames spread evenly over the clip; null
   * without a face.
   */
  openness: { time: number; open: number | null }[];
}

/** Longest side in pixels: twice that of the dialog, for high-density screens. */
const LONG_SIDE = 800;
const QUALITY = 82;

/** A picture as a small JPEG. */
export async function stillOf({ data, width, height }: Picture): Promise<StillPicture> {
  // Loaded late: only the worker may.
  const { default: sharp } = await import('sharp');
  const { data: jpeg, info } = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize({ width: LONG_SIDE, height: LONG_SIDE, fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality: QUALITY })
    .toBuffer({ resolveWithObject: true });
  return { jpeg: jpeg.toString('base64'), width: info.width, height: info.height };
}

/** Milliseconds. */
const TIME_LIMIT = 60_000;

/** @throws E_TIMEOUT after a minute, E_CANCELLED */
export async function withTimeLimit<T>(
  work: (signal: AbortSignal) => Promise<T>,
  cancel?: AbortSignal,
): Promise<T> {
  const late = AbortSignal.timeout(TIME_LIMIT);
  try {
    return await work(cancel ? AbortSignal.any([late, cancel]) : late);
  } catch (error) {
    if (cancel) throwIfCancelled(cancel);
    if (!late.aborted) throw error;
    throw new LipwireError(
      'E_TIMEOUT',
      `Expected a preview within ${TIME_LIMIT / 1000} seconds but it takes longer; the node itself may still manage.`,
      { cause: error },
    );
  }
}
