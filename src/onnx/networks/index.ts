export { checkTensors, type NetworkWeights, type Tensors } from './layers';
export type { Region } from './regions';
export { s3fdGraph, s3fdTable } from './s3fd';
export { wav2lipTable, wav2lipWeights } from './wav2lip';
export {
  featureName,
  WAV2LIP_PORTS,
  wav2lipGraph,
  type Wav2LipGraphOptions,
} from './wav2lip-graph';
export { FACE_SIZE } from './wav2lip-table';
export { bindWav2Lip, liftWeights, type Wav2LipExport } from './wav2lip-export';
