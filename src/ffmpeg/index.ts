export * from './types';
export { escapeFilterValue } from './escape';
export { openFfmpeg } from './open';
