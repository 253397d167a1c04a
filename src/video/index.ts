export { captionsOf, webVtt } from './captions';
export { chapterMetadata, makeChapters } from './chapters';
export { writeClip, type Backdrop, type ClipOptions, type WrittenClip } from './clip-writer';
export { assemble } from './stitch/assemble';
export { encodePicture } from './stitch/picture';
export { planStitch, type SourceClip, type StitchPlan } from './stitch/plan';
export { joinSounds } from './stitch/sound';
