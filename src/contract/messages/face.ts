import type { FrameRate } from '../timeline';

/**
 * Where a face comes from. Width and height are those of the upright picture; of a video after
 * `resizeFactor`, `rotate` and `crop`, in this order.
 */
export interface FaceSource {
  file: string;
  type: 'image' | 'video';
  width: number;
  height: number;
  /** Of a video: its frames at the constant rate that it is read with, and that rate. */
  fps?: number;
  frames?: number;
  /** `fps` exactly. */
  rate?: FrameRate;
  /** Degrees, clockwise, after what the file itself says. */
  rotate?: 90 | 180 | 270;
  /** The rows from `top` to before `bottom`, the columns from `left` to before `right`. */
  crop?: [top: number, bottom: number, left: number, right: number];
  /** Width and height are divided by it. */
  resizeFactor?: number;
}

/** One face found. Coordinates are pixels of the upright source. */
export interface DetectedFace {
  /** x1, y1, x2, y2. */
  box: [number, number, number, number];
  /** 0…1. */
  score: number;
  /** Roll in degrees, clockwise positive. */
  roll: number;
}

/** What face-detect puts into `msg.face`. */
export interface FacePayload {
  kind: 'face';
  source: FaceSource;
  detector: string;
  faces: DetectedFace[];
  /** Index into `faces`; -1 where none was found and the node was told to go on. */
  selected: number;
  /** JSON file with the landmarks of the selected face; see {@link openFaceTrack}. */
  track?: string;
  /** Of a video. */
  report?: FaceReport;
  /** What computed, where it was not machine code on the CPU: the device, such as `wasm`, and why. */
  engine?: { device: string; reason?: string };
}

/** How the face was followed through a video. */
export interface FaceReport {
  /** Shots: one more than cuts. */
  shots: number;
  /** Frames in which the detector looked, as opposed to tracking. */
  detections: number;
  framesWithoutFace: {
    /** All frames in which no face was found. */
    count: number;
    /** Of these: filled in between neighbours, or with the last place. The rest has no face. */
    interpolated: number;
    held: number;
    /** First and last frame of each gap; the first hundred gaps. */
    ranges: [first: number, last: number][];
  };
}

/** The content of an image's `track` file: one frame of 468 FaceMesh points. */
export interface FaceTrack {
  version: 1;
  topology: 'facemesh-468';
  width: number;
  height: number;
  frames: FaceTrackFrame[];
}

export interface FaceTrackFrame {
  box: [number, number, number, number];
  score: number;
  /**
   * 468 × [x, y, z] in pixels of the upright source; z in the same scale, smaller is nearer. Empty
   * where only the box is known, which the user gave.
   */
  landmarks: [number, number, number][];
}
