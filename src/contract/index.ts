/** The message contract, and what a stage, a parameter and an engine are. The only public API. */
export * from './errors';
export { FACE_STATES, type FaceState, type TrackedFace } from './face-record';
export * from './face-track';
export * from './face-track-writer';
export * from './facemesh';
export * from './health';
export * from './limits';
export * from './loudness-note';
export * from './messages';
export * from './model-names';
export * from './parameter-types';
export * from './parameters';
export * from './progress';
export * from './stage';
export * from './timeline';
export * from './validate';
