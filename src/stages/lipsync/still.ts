import { StillEngine } from '../../lipsync/wav2lip';
import type { InstalledModel } from '../../models/store';
import type { Actor, StillScene } from './actor';
import { agreementOf, engineOf, openMouth } from './mouth';
import { padsOf } from './pads';

/**
 * A Wav2Lip model on a portrait.
 * @param reason why `auto` took it
 * @throws E_MODEL_INVALID, E_NATIVE, E_INPUT for pads that are none
 */
export async function stillActor(
  scene: StillScene,
  model: InstalledModel,
  reason: string | undefined,
): Promise<Actor> {
  const { portrait, heard, rate, parameters } = scene;
  const pads = padsOf(parameters.pads);
  const { network, windows, frameCount } = await openMouth(scene, model);
  const engine = new StillEngine({
    ...portrait,
    ...parameters,
    network,
    batch: parameters.batch || network.batch,
    windows,
    features: heard.features,
    rate,
    frameCount,
    pads,
  });
  const { width, height, data } = portrait.picture;
  return {
    engine: engineOf(model, network, reason),
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
    close: async () => undefined,
  };
}
