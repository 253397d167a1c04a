import { availableParallelism } from 'node:os';
import {
  KEPT,
  melOfFile,
  melWindows,
  openMouthNetwork,
  referenceWindows,
  StillEngine,
} from '../../lipsync/wav2lip';
import { fpsOf } from '../../media';
import type { InstalledModel } from '../../models/store';
import type { Actor, Scene } from './actor';
import { padsOf } from './pads';

/** The whole picture, which the reference pastes. */
const WHOLE = { top: 0, bottom: 96, left: 0, right: 96 };
/** More threads than this do not make a network of this size faster. */
const MOST_THREADS = 8;

/**
 * A Wav2Lip model.
 * @throws E_MODEL_INVALID, E_NATIVE, E_INPUT for pads that are none
 */
export async function networkActor(
  scene: Scene,
  model: InstalledModel,
  reason: string | undefined,
): Promise<Actor> {
  const { portrait, sound, heard, rate, parameters, context } = scene;
  const { blend, batch, silenceGate, offset, blinks, headMotion } = parameters;
  const { settings, signal } = context;
  const pads = padsOf(parameters.pads);
  const ffmpeg = await context.ffmpeg();
  const network = await openMouthNetwork(model, blend === 'soft' ? KEPT : WHOLE, {
    modelsFolder: settings.modelsFolder,
    device: settings.device,
    threads: Math.min(MOST_THREADS, availableParallelism()),
    onPreparing: (what) => context.progress({ type: 'preparing', what }),
  });
  const columns = melOfFile({ ffmpeg, file: sound, signal });
  const { windows, frameCount } =
    parameters.frameCount === 'reference'
      ? await referenceWindows(columns, fpsOf(rate))
      : {
          windows: melWindows(columns, { rate, frames: scene.frameCount, offset, signal }),
          frameCount: scene.frameCount,
        };
  const engine = new StillEngine({
    ...portrait,
    network,
    windows,
    features: heard.features,
    rate,
    frameCount,
    offset,
    blend,
    pads,
    silenceGate,
    batch,
    blinks,
    headMotion,
  });
  return {
    engine: { model: model.name, device: network.device, ...(reason && { reason }) },
    frameCount,
    region: engine.region,
    frames: (stop) => engine.frames(stop),
    report: () => ({
      drivenBy: 'sound',
      silentFrames: engine.silentFrames,
      ...(engine.seam && { seam: engine.seam }),
    }),
  };
}
