/**
 * The FaceMesh topology: which of the 468 landmarks lie where, and of the 10 of the irises that the
 * attention mesh adds. Left and right are those of the
 * picture: "left" is the smaller x of an upright face.
 * Indices: MediaPipe's canonical face model,
 * https://github.com/google-ai-edge/mediapipe/blob/master/mediapipe/modules/face_geometry/data/canonical_face_model_uv_visualization.png
 */

/** x, y and optionally z in pixels of the upright source. */
export type Landmark = readonly [number, number, ...number[]];

/** Points of a FaceMesh. */
export const FACEMESH_POINTS = 468;
/** Points of an attention mesh: those of a FaceMesh, then five of each iris. */
export const REFINED_POINTS = 478;

/**
 * Loops run clockwise in the picture: from the left corner over the top to the right corner and
 * back along the bottom. Each begins with the left corner; the right corner stands in the middle.
 */
export const LIPS_OUTER = [
  61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146,
] as const;
export const LIPS_INNER = [
  78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95,
] as const;
/** Within the outer edge, where the red of the lips begins. */
export const LIPS_RED_OUTER = [
  76, 184, 74, 73, 72, 11, 302, 303, 304, 408, 306, 307, 320, 404, 315, 16, 85, 180, 90, 77,
] as const;
/** Without the inner edge, where the red of the lips ends. */
export const LIPS_RED_INNER = [
  62, 183, 42, 41, 38, 12, 268, 271, 272, 407, 292, 325, 319, 403, 316, 15, 86, 179, 89, 96,
] as const;
/**
 * The lips' four rings from the outside to the inside. Points of the same place in their rings lie
 * beside each other.
 */
export const LIPS_RINGS = [LIPS_OUTER, LIPS_RED_OUTER, LIPS_RED_INNER, LIPS_INNER] as const;
/** The eye at the left of the picture: outer corner first, upper lid, inner corner, lower lid. */
export const LEFT_EYE = [
  33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7,
] as const;
/** The eye at the right of the picture: inner corner first, upper lid, outer corner, lower lid. */
export const RIGHT_EYE = [
  362, 398, 384, 385, 386, 387, 388, 466, 263, 249, 390, 373, 374, 380, 381, 382,
] as const;
/** The irises, of an attention mesh alone: the centre, then four points of the edge. */
export const LEFT_IRIS = [468, 469, 470, 471, 472] as const;
export const RIGHT_IRIS = [473, 474, 475, 476, 477] as const;
/** Outline of the face, clockwise from the middle of the forehead; the chin stands in the middle. */
export const FACE_OVAL = [
  10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148,
  176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
] as const;
export const LEFT_BROW = [70, 63, 105, 66, 107, 55, 65, 52, 53, 46] as const;
export const RIGHT_BROW = [336, 296, 334, 293, 300, 276, 283, 282, 295, 285] as const;

/** Single points. */
export const FACEMESH = {
  forehead: 10,
  chin: 152,
  noseTip: 1,
  /** Where the nose meets the upper lip. */
  noseBase: 2,
  /** Between the eyes. */
  noseBridge: 168,
  leftNostril: 98,
  rightNostril: 327,
  mouthLeft: 61,
  mouthRight: 291,
  innerMouthLeft: 78,
  innerMouthRight: 308,
  upperLipBottom: 13,
  lowerLipTop: 14,
  leftEyeOuter: 33,
  rightEyeOuter: 263,
  leftCheek: 234,
  rightCheek: 454,
} as const;

/**
 * How far the mouth is open: the gap between the lips (mean over the middle three pairs of the
 * inner loop) as a share of the mouth's width between the inner corners. 0 is closed, a wide open
 * mouth reaches about 1. Landmarks in pixels; roll and scale do not matter.
 */
export function measureOpenness(landmarks: readonly Landmark[]): number {
  const width = distance(landmarks, FACEMESH.innerMouthLeft, FACEMESH.innerMouthRight);
  if (width === 0) return 0;
  const pairs = [
    [82, 87],
    [13, 14],
    [312, 317],
  ] as const;
  const gaps = pairs.map(([upper, lower]) => distance(landmarks, upper, lower));
  return gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length / width;
}

/** Roll of the face in degrees, clockwise positive, from the outer corners of the eyes. */
export function measureRoll(landmarks: readonly Landmark[]): number {
  const [x1, y1] = landmarks[FACEMESH.leftEyeOuter];
  const [x2, y2] = landmarks[FACEMESH.rightEyeOuter];
  return (Math.atan2(y2 - y1, x2 - x1) * 180) / Math.PI;
}

function distance(landmarks: readonly Landmark[], from: number, to: number): number {
  const [x1, y1] = landmarks[from];
  const [x2, y2] = landmarks[to];
  return Math.hypot(x2 - x1, y2 - y1);
}
