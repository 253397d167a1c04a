export { Checkpoint, type CheckpointTensor } from './checkpoint';
