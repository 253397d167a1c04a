/** Finding faces and their landmarks. Loads native libraries; only the engine process may. */
export { padBox, type Box } from './box';
export { findFaces, type Found, type FoundFace, type SearchReport } from './find';
export { landmarksOfFrame, withFineLandmarks } from './landmarks';
export { closeFaceNetworks, openFaceNetworks, type FaceNetworks } from './networks';
export { BACKDROP, readPicture } from './picture';
export { selectFace } from './select';
export type { Picture } from './view';
