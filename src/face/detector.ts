/** What a face detector is to the search: something that sees faces through a square view. */
import type { Network } from '../ml/onnx/session';
import { detectInView } from './blazeface/detect';
import type { Candidate } from './candidate';
import type { Pyramid } from './pyramid';
import type { View } from './view';
import { detectWithYunet } from './yunet/detect';

export interface Detector {
  /** The faces in a view with at least that score, the best of those that overlap each other. */
  detect(pyramid: Pyramid, view: View, minScore: number): Promise<Candidate[]>;
  release(): Promise<void>;
}

/** BlazeFace as a detector. */
export function blazefaceDetector(network: Network): Detector {
  return detectorOf(network, detectInView);
}

/** YuNet as a detector. */
export function yunetDetector(network: Network): Detector {
  return detectorOf(network, detectWithYunet);
}

function detectorOf(network: Network, detect: typeof detectInView): Detector {
  return {
    detect: (pyramid, view, minScore) => detect(network, pyramid, view, minScore),
    release: () => network.release(),
  };
}
