export { openFaceNetworks, closeFaceNetworks, type FaceNetworks } from './networks';
export { landmarksOfFrame, type FoundFace } from './frame';
export type { Picture } from './view';
