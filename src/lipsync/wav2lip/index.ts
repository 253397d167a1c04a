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
