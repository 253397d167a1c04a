export { NO_PADS, padBox, smoothBoxes, wholeBox, type Pads, type PixelBox } from './boxes';
export {
  boxInput,
  crop,
  faceInput,
  pastePatch,
  patchFromOutput,
  type ColourOrder,
} from './face-input';
export { DEFAULT_EDGE_PADDING, melColumns, MelStream, SILENCE, type EdgePadding } from './mel';
export { speechGate } from './gate';
export { FacePath, type PathOptions, type Smoothing } from './face-path';
export { KEPT } from './mask';
export {
  closeMouthNetworks,
  openMouthNetwork,
  type MouthNetwork,
  type MouthNetworkOptions,
  type OpenMouthNetwork,
} from './mouth-network';
export {
  framesUntilEnd,
  playedFrames,
  positionOf,
  sourceAt,
  type FrameReader,
  type Play,
  type PlayedFrame,
  type WhenShort,
} from './played-frames';
export { reversed } from './reversed-frames';
export { referenceWindows } from './reference-windows';
export { StillEngine, type StillOptions } from './still';
export { resizeBilinear, type BytePicture } from './resize';
export { melOfFile, type SoundSource } from './sound';
export {
  melWindows,
  referenceWindowStarts,
  windowStart,
  WINDOW_COLUMNS,
  WINDOW_VALUES,
  type WindowOptions,
} from './windows';
export { VideoEngine, type VideoOptions } from './video';
