export { countGraphemes } from './graphemes';
export { segmentText, type Segment, type SegmentOptions } from './segment';
