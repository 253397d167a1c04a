export { DEFAULT_PADS, padBox, smoothBoxes, type Pads, type PixelBox } from './boxes';
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
export { KEPT } from './mask';
export {
  closeMouthNetworks,
  openMouthNetwork,
  type MouthNetwork,
  type MouthNetworkOptions,
} from './mouth-network';
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
