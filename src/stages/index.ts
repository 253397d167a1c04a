export * from './catalogue';
export * from './parameters';
export * from './stage';
