import { StillEngine } from './still';
import type { InstalledModel } from '../../ml/store/find';
import { expectLandmarks } from '../portrait';
import type { Actor, StillScene } from '../actor';
import { agreementOf, engineOf, openMouth } from './mouth';
import { padsOf } from './pads';

/**
 * A Wav2Lip model on a portrait.
 * @throws E_MODEL_INVALID, E_NATIVE, E_INPUT for pads that are none
 */
export async function stillActor(scene: StillScene, model: InstalledModel): Promise<Actor> {
  const { features, rate, parameters } = scene;
  const isSoft = parameters.blend === 'soft';
  const portrait = isSoft ? expectLandmarks(scene.portrait) : scene.portrait;
  const pads = padsOf(scene);
  const { network, windows, frameCount } = await openMouth(scene, model);
  const engine = new StillEngine({
    ...portrait,
    ...parameters,
    network,
    batch: parameters.batch || network.batch,
    windows,
    features,
    rate,
    frameCount,
    pads,
  });
  const { width, height, data } = portrait.picture;
  return {
    engine: engineOf(model, network),
    frameCount,
    width,
    height,
    backdrop: { picture: Buffer.from(data), ...engine.region },
    frames: (stop) => engine.frames(stop),
    report: () => ({
      drivenBy: 'sound',
      silentFrames: engine.silentFrames,
      ...(engine.seam && { seam: engine.seam }),
      ...agreementOf(network),
    }),
  };
}
