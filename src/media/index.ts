export * from './errors';
export * from './facemesh';
export * from './limits';
export * from './messages';
export * from './progress';
export * from './timeline';
export * from './validate';
export * from './wav';
