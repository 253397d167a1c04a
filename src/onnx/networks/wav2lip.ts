/** Weights of Wav2Lip from a checkpoint's tensors. */
import { foldWeights } from './fold';
import { checkTensors, tensorTable, type NetworkWeights, type Tensors } from './layers';
import { WAV2LIP_LAYERS } from './wav2lip-table';

/** Names and shapes of all tensors of the generator in its checkpoint. */
export function wav2lipTable(): Map<string, readonly number[]> {
  return tensorTable(WAV2LIP_LAYERS);
}

/** @throws E_MODEL_INVALID naming a tensor that is missing, too many, or of another shape */
export function wav2lipWeights(tensors: Tensors): NetworkWeights {
  const shapes = new Map([...tensors].map(([name, { shape }]) => [name, shape]));
  checkTensors('Wav2Lip (96 px)', wav2lipTable(), shapes);
  return foldWeights(WAV2LIP_LAYERS, tensors);
}
