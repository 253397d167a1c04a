/** Weights out of the graphs that {@link LayerGraph} made. */
import type { ReadModel } from './read/model';
import { floatsOf } from './read/tensor';
import { convolvedName } from './layer-graph';
import type { Layer, LayerWeights, NetworkWeights } from './layers';

/**
 * Weights of the layers that the graph has.
 * @throws E_MODEL_INVALID for a graph of another kind
 */
export function ownWeights({ nodes, constants }: ReadModel, layers: readonly Layer[]) {
  const nodeOf = new Map(nodes.map((node) => [node.outputs[0], node]));
  const weights = new Map<string, LayerWeights>();
  for (const layer of layers) {
    const node = nodeOf.get(layer.activation ? convolvedName(layer) : layer.name);
    if (!node) continue;
    const [weight, bias] = node.inputs.slice(1).map((name) => floatsOf(name, constants.get(name)!));
    weights.set(layer.name, { weight: weight, bias: bias });
  }
  return weights satisfies NetworkWeights;
}
