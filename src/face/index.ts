/** Finding faces and their landmarks. Loads native libraries; only the engine process may. */
export { padBox, type Box } from './box';
export { findFaces, type Found, type FoundFace, type SearchReport } from './find';
export { landmarksOfFrame, withFineLandmarks } from './landmarks';
export { describeFace, likeness, SAME_PERSON } from './likeness';
export {
  closeFaceNetworks,
  openFaceDescriber,
  openFaceNetworks,
  openS3fd,
  type FaceNetworkOptions,
  type FaceNetworks,
  type ModelFile,
} from './networks';
export { BACKDROP, readPicture } from './picture';
export { selectFace } from './select';
export { looksLikePicture, sniff } from './sniff';
export { BoxTracker, faceInBox } from './track/box-tracker';
export { fillGaps, type GapOptions } from './track/gaps';
export { findWithS3fd, S3fdTracker } from './track/s3fd-tracker';
export { withShots, type ShotFrame } from './track/shots';
export { FaceTracker, type Choose, type FrameTracker, type Tracked } from './track/tracker';
export type { Picture } from './view';
