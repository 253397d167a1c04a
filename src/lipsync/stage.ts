/** wav2lip: a face and a speech become a clip. */
import {
  trackRecords,
  type ClipPayload,
  type FacePayload,
  type MediaFile,
  type ParameterTable,
  type SpeechPayload,
  type StageDefinition,
  type ValuesOf,
} from '../contract';
import { chooseModel, choiceKey } from './choose-model';

const parameters = {
  /** `auto` takes the best that is installed and says which. */
  model: {
    type: 'model',
    default: 'auto',
    of: ['auto', 'builtin', 'wav2lip_gan', 'wav2lip', 'wav2lip_256'],
  },
  /** 0: the video's own, or 25 for a picture. */
  fps: { type: 'number', default: 0, min: 0, max: 120 },
  /** How far the mouth opens: 1 is natural. */
  intensity: { type: 'number', default: 1, min: 0.2, max: 2 },
  blinks: { type: 'flag', default: true },
  headMotion: { type: 'flag', default: false },
  /** Seconds by which the mouth is late (positive) or early (negative) against the sound. */
  offset: { type: 'number', default: 0, min: -1, max: 1 },
  /** Wav2Lip: how the mouth is put back. `parity` is the reference's rectangle, bit for bit. */
  blend: { type: 'choice', default: 'soft', of: ['soft', 'parity'] },
  /** Wav2Lip, soft: whether silence shows the portrait's own mouth. */
  silenceGate: { type: 'flag', default: true },
  /** Wav2Lip, parity: pixels around the face's box: top, bottom, left, right. */
  pads: { type: 'text', default: '0 10 0 0', maxLength: 40 },
  /** Wav2Lip, videos: of the face's place. `auto` is zero-lag with soft, reference with parity. */
  smoothing: { type: 'choice', default: 'auto', of: ['auto', 'zero-lag', 'reference', 'none'] },
  /** Wav2Lip, videos: only the first frame is shown. */
  static: { type: 'flag', default: false },
  /** Wav2Lip, videos: what comes when the video ends before the speech. */
  whenShort: {
    type: 'choice',
    default: 'back-and-forth',
    of: ['back-and-forth', 'loop', 'freeze', 'end'],
  },
  /** Wav2Lip: `reference` has its 3 to 9 frames fewer. */
  frameCount: { type: 'choice', default: 'exact', of: ['exact', 'reference'] },
  /** Wav2Lip: `auto` is fp32 on the CPU; on a GPU fp16, where that agrees with it. */
  precision: { type: 'choice', default: 'auto', of: ['auto', 'fp32', 'int8', 'fp16'] },
  /** Wav2Lip: frames that the network computes at once; 0: what suits the device. */
  batch: { type: 'number', default: 0, min: 0, max: 128, whole: true },
} as const satisfies ParameterTable;

export type LipsyncParameters = ValuesOf<typeof parameters>;

export interface LipsyncInput {
  speech: SpeechPayload | MediaFile;
  face: FacePayload;
}

export const wav2lip: StageDefinition<LipsyncInput, ClipPayload, typeof parameters> = {
  name: 'wav2lip',
  version: 5,
  parameters,
  files: ({ speech, face }) => [speech.file, ...faceFiles(face)],
  cacheKey: async ({ model }, settings, signal) => {
    const choice = await chooseModel(model, settings, signal);
    // The built-in engine runs on the CPU whatever the setting is.
    const device = choice.engine === 'builtin' ? 'cpu' : settings.device;
    return { ...choiceKey(choice), device };
  },
};

function faceFiles(face: FacePayload): string[] {
  const { source, track } = face;
  if (!track) return [source.file];
  const records = source.type === 'video' ? [trackRecords(track)] : [];
  return [source.file, track, ...records];
}
