export * from './types';
export { escapeFilterValue } from './escape';
export type { VideoAdjustments } from './frame-size';
export { readVideoFrames, type FrameOptions, type VideoView } from './frames';
export { openFfmpeg } from './open';
export { describeVideo } from './video-view';
