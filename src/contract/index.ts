/** What the rooms share: the message contract, and what a stage and a parameter are. */
export * from './errors';
export * from './face-track';
export * from './facemesh';
export * from './limits';
export * from './notes';
export * from './parameters';
export * from './payloads';
export * from './servers';
export * from './stage';
export * from './timeline';
