export * from './types';
export { escapeFilterValue } from './escape';
export { readVideoFrames, type FrameOptions, type VideoView } from './frames';
export { openFfmpeg } from './open';
export { describeVideo, type VideoAdjustments } from './video-view';
