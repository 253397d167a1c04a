export { measureLoudness } from './measure';
export { normalise } from './normalise';
export { openSound } from './open-sound';
export type { LoudnessTarget } from './plan';
export { seriesOf } from './series';
