export { BuiltinEngine, type BuiltinOptions } from './builtin';
export { Performance, type PerformanceOptions } from './performance';
export { restPose, type Pose } from './pose';
export { Puppet } from './puppet';
export { listen } from './sound/listen';
export type { Picture } from './picture';
