export { bestWay, LEAST_PSNR, type Chosen, type Way } from './best-device';
export { CONVERTER_VERSION, convertTfjsModel } from './convert';
export { halfPrecision } from './half';
export { psnr } from './psnr';
export { openNetwork, type Network, type NetworkOptions, type Tensor } from './session';
export { readTfjsModel, type TfjsModel, type TfjsNode } from './tfjs-model';
export { decodeWeights } from './tfjs-weights';
export { cpuDevice, expectDevice, usableDevices } from './usable-devices';
export { writeModel } from './writer';
