/** Weights of Wav2Lip from a checkpoint's tensors. */
import { foldWeights } from '../../ml/onnx/fold';
import { checkTensors, tensorTable, type NetworkWeights, type Tensors } from '../../ml/onnx/layers';
import { designOf, WAV2LIP_96, type Wav2LipDesign } from './network-table';

/** Names and shapes of all tensors of the generator in its checkpoint. */
export function wav2lipTable(design = WAV2LIP_96): Map<string, readonly number[]> {
  return tensorTable(design.layers);
}

/**
 * The design that a checkpoint's tensors are of, 96 or 256 pixels.
 * @throws E_MODEL_INVALID naming a tensor that is missing, too many, or of another shape
 */
export function recogniseWav2Lip(shapes: ReadonlyMap<string, readonly number[]>): Wav2LipDesign {
  const design = designOf(shapes.keys());
  checkTensors(`Wav2Lip (${design.size} px)`, wav2lipTable(design), shapes);
  return design;
}

/** @throws E_MODEL_INVALID naming a tensor that is missing, too many, or of another shape */
export function wav2lipWeights(tensors: Tensors): NetworkWeights {
  const shapes = new Map([...tensors].map(([name, { shape }]) => [name, shape]));
  return foldWeights(recogniseWav2Lip(shapes).layers, tensors);
}
