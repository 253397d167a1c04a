export { checkTensors, type NetworkWeights, type Tensors } from './layers';
export { scaledRegion, type Region } from './regions';
export { s3fdGraph, s3fdTable } from './s3fd';
export { recogniseWav2Lip, wav2lipTable, wav2lipWeights } from './wav2lip';
export {
  featureName,
  WAV2LIP_PORTS,
  wav2lipGraph,
  type Wav2LipGraphOptions,
  type Wav2LipPart,
} from './wav2lip-graph';
export {
  designOf,
  WAV2LIP_256,
  WAV2LIP_96,
  WAV2LIP_DESIGNS,
  type Wav2LipDesign,
} from './wav2lip-table';
export { bindWav2Lip, liftWeights, type Wav2LipExport } from './wav2lip-export';
export { ownWeights } from './own-weights';
export type { ValueRange, ValueRanges } from './quantised-graph';
export { int8Decoder, rangedValues } from './wav2lip-int8';
