export { CONVERTER_VERSION, convertTfjsModel } from './convert';
export { openNetwork, type Network, type NetworkOptions, type Tensor } from './session';
export { readTfjsModel, type TfjsModel, type TfjsNode } from './tfjs-model';
export { decodeWeights } from './tfjs-weights';
export { writeModel } from './writer';
