/** What dialogs of the editor are shown, and what it takes to find out. Plain JSON; loads nothing. */
import type { ClipPayload, Cue, DetectedFace, PortraitFile } from '../contract';
import type { FaceDetectParameters } from './stage';

/** What can be asked for by name. */
export interface Previews {
  portrait: { about: PortraitAbout; answer: PortraitPreview };
  clip: { about: ClipAbout; answer: ClipPreview };
}

export type PreviewName = keyof Previews;

/** A picture small enough for a dialog. */
export interface StillPicture {
  /** Base64. */
  jpeg: string;
  width: number;
  height: number;
}

export interface PortraitAbout {
  input: PortraitFile;
  parameters: FaceDetectParameters;
  /** Who asks: what the same asker asked before is given up. */
  asker: string;
}

/** Boxes and landmarks are in pixels of the source. */
export interface PortraitPreview {
  picture: StillPicture;
  source: { type: 'image' | 'video'; width: number; height: number };
  /** Of a video: when the frame is shown, in seconds. */
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

/** What a clip looks and sounds like over its time. */
export interface ClipPreview {
  /** The frame in the middle of the loudest word, or where it is loudest. */
  still: StillPicture;
  /** Seconds. */
  stillTime: number;
  word?: string;
  /** Largest sample of each of equal parts of the clip, 0…1. */
  waveform: number[];
  /**
   * How far the mouth is open in frames spread evenly over the clip, as FaceMesh sees it: the gap as
   * a share of the mouth's width; null where no face is seen.
   */
  openness: { time: number; open: number | null }[];
}
