/**
 * The message contract (docs/design.md section 4). Every payload is a plain JSON object that a
 * Function node can build or read. Times are seconds, sizes pixels, loudness LUFS, peaks dBTP.
 */
import type { LoudnessNote } from './loudness-note';
import type { FrameRate } from './timeline';

/** A piece of text to be spoken. */
export interface TextPayload {
  kind: 'text';
  text: string;
  /** BCP 47, for example `en-GB` or `ar`. */
  language?: string;
  /** Who says it; free for flows to use. */
  speaker?: string;
  /** Voice name; wins over the node's setting. */
  voice?: string;
  /** Seconds of silence after it. */
  pause?: number;
}

/** A sound of speech with its time. */
export interface Cue {
  type: 'phoneme' | 'word';
  /** An IPA phoneme, or the word as written. */
  value: string;
  start: number;
  end: number;
}

/** The file beside a normalised speech that holds its {@link LoudnessOverTime} as JSON. */
export const LOUDNESS_FILE = 'loudness.json';

/** Loudness over time in LUFS; null stands for silence. Point i is the window that begins at i × step. */
export interface LoudnessSeries {
  /** Seconds. */
  step: number;
  /** Windows of 0.4 s. */
  momentary: (number | null)[];
  /** Windows of 3 s; empty for shorter sounds. */
  shortTerm: (number | null)[];
}

/** Of what came, and of what was made of it. */
export interface LoudnessOverTime {
  before: LoudnessSeries;
  after: LoudnessSeries;
}

/** One EBU R128 measurement. `null` stands for "too quiet or too short to measure". */
export interface LoudnessMeasure {
  integrated: number | null;
  range: number | null;
  truePeak: number | null;
}

/** What loudness normalisation measured and did. The upper fields describe the result. */
export interface SpeechLoudness extends LoudnessMeasure {
  target: number;
  /** Gain in dB, where one gain was applied to the whole. */
  gain: number;
  /** `linear`: one gain; `dynamic`: limited where needed; `none`: left as it was. */
  mode: 'linear' | 'dynamic' | 'none';
  before: LoudnessMeasure;
  /** Said when something was out of the ordinary: silent, very short, clipped; and the same in words. */
  notes?: LoudnessNote[];
  note?: string;
}

/** Speech in a WAV file. */
export interface SpeechPayload {
  kind: 'speech';
  file: string;
  duration: number;
  sampleRate: number;
  channels: number;
  text?: string;
  language?: string;
  voice?: string;
  /** What made the sound, for example `espeak` or `file`. */
  engine: string;
  cues?: Cue[];
  loudness?: SpeechLoudness;
}

/** What ran the lip-sync. */
export interface LipsyncEngine {
  model: string;
  device: string;
  /** Of Wav2Lip: `fp32`, `fp16` or `int8`. */
  precision?: string;
  /** Why this model, device or precision was taken, where `auto` chose. */
  reason?: string;
}

/** How the rendering went. */
export interface ClipReport {
  /** Seconds that the stage took. */
  seconds: number;
  /** Seconds of video a second of work. */
  speed: number;
  /** Frames in which no face was found; they are the video's own. */
  framesWithoutFace: number;
  /** First and last frame of each such part of the clip; the first hundred. */
  withoutFace?: [first: number, last: number][];
  /** Mouth openness of the clip, 0…1; of the built-in engine. */
  openness?: { mean: number; max: number };
  /** Where the mouth shapes came from. */
  drivenBy: 'cues' | 'sound';
  /** Shift of the picture against the sound, in seconds. */
  offset: number;
  /** Frames that show the portrait's own mouth because nobody speaks; of Wav2Lip. */
  silentFrames?: number;
  /** Mean difference of neighbouring pixels where the new mouth ends, and before it was there; of 255. */
  seam?: { seam: number; original: number };
  /**
   * dB in which the network agrees with fp32 on the CPU, where it is not that: of int8 on the frames
   * that it was calibrated on.
   */
  psnr?: number;
  /** What was out of the ordinary, in sentences. */
  notes?: string[];
}

/** The still picture behind the part of a clip that moves. */
export interface ClipBackdrop {
  /** One picture of the clip's size: bare yuv420p (BT.709, limited range). */
  file: string;
  /** Where the moving part lies on it, in pixels; all four even. */
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A rendered segment: picture and sound of one piece of speech. */
export interface ClipPayload {
  kind: 'clip';
  /** MP4 that a browser plays. */
  file: string;
  /** The same picture and sound without loss; stitch reads this, so that only it encodes. */
  master?: string;
  /** Where set, the master's frames are only the part that moves, and lie on this picture. */
  backdrop?: ClipBackdrop;
  duration: number;
  fps: number;
  frames: number;
  width: number;
  height: number;
  text?: string;
  language?: string;
  loudness?: SpeechLoudness;
  engine: LipsyncEngine;
  report: ClipReport;
}

export interface Chapter {
  title: string;
  start: number;
  end: number;
}

/** The finished video. */
export interface VideoPayload {
  kind: 'video';
  /** MP4 with fast start. */
  file: string;
  duration: number;
  fps: number;
  frames: number;
  width: number;
  height: number;
  chapters: Chapter[];
  /** WebVTT file. */
  captions?: string;
  /** BCP 47 language of the captions. */
  language?: string;
  loudness?: LoudnessMeasure;
  /** What stitching noticed. */
  report?: StitchReport;
}

export interface StitchReport {
  clips: number;
  /** Cross-fade in frames; 0 is a cut. */
  crossFadeFrames: number;
  /** Seconds of audible speech that lie under a cross-fade. */
  fadedSpeech: number;
  notes: string[];
}

export interface Rendition {
  name: string;
  width: number;
  height: number;
  /** Peak bits a second, as in the master playlist. */
  bandwidth: number;
  playlist: string;
}

/** A published HLS stream. */
export interface StreamPayload {
  kind: 'stream';
  /** File of the master playlist. */
  playlist: string;
  /** Path of the master playlist under Node-RED's HTTP root. */
  url: string;
  /** Path of the player page. */
  watchUrl: string;
  duration: number;
  renditions: Rendition[];
  segments: number;
}

export type Payload = TextPayload | SpeechPayload | ClipPayload | VideoPayload | StreamPayload;
export type PayloadKind = Payload['kind'];

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

/** The core's own sequence information, as `split` makes it and `join` reads it. */
export interface MessageParts {
  id: string;
  index: number;
  count?: number;
  type?: string;
  [key: string]: unknown;
}
