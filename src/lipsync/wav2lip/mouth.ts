import { availableParallelism } from 'node:os';
import { KEPT } from './mask';
import { melOfFile } from './sound';
import { melWindows } from './windows';
import { openMouthNetwork, type OpenMouthNetwork } from './mouth-network';
import { referenceWindows } from './reference-windows';
import { fpsOf, type ClipReport, type ClipEngine } from '../../contract';
import type { InstalledModel } from '../../ml/store/find';
import type { Scene } from '../actor';
import { openFfmpeg } from '../../av/ffmpeg/open';

/** The whole picture, which the reference pastes. */
const WHOLE = { top: 0, bottom: 96, left: 0, right: 96 };
/** More threads than this do not make a network of this size faster. */
const MOST_THREADS = 8;

export interface Mouth {
  network: OpenMouthNetwork;
  /** The mel window of every frame. */
  windows: AsyncIterable<Float32Array>;
  frameCount: number;
}

/**
 * A Wav2Lip model, and what it hears.
 * @throws E_MODEL_INVALID, E_NATIVE, E_INPUT for a speech too short for the reference's count
 */
export async function openMouth(scene: Scene, model: InstalledModel): Promise<Mouth> {
  const { sound, rate, frameCount, parameters, context } = scene;
  const { settings, signal } = context;
  const ffmpeg = await openFfmpeg(settings.ffmpegPath);
  const network = await networkOf(scene, model);
  const columns = melOfFile({ ffmpeg, file: sound, signal });
  if (parameters.frameCount === 'reference') {
    return { network, ...(await referenceWindows(columns, fpsOf(rate))) };
  }
  const { offset } = parameters;
  const windows = melWindows(columns, { rate, frames: frameCount, offset, signal });
  return { network, windows, frameCount };
}

/** @throws E_MODEL_INVALID, E_NATIVE */
export function networkOf(
  { parameters, context }: Pick<Scene, 'parameters' | 'context'>,
  model: InstalledModel,
): Promise<OpenMouthNetwork> {
  const { modelsFolder, device } = context.settings;
  return openMouthNetwork(model, parameters.blend === 'soft' ? KEPT : WHOLE, {
    modelsFolder,
    device,
    precision: parameters.precision,
    threads: Math.min(MOST_THREADS, availableParallelism()),
    onPreparing: (what) => context.progress({ type: 'preparing', what }),
  });
}

/** What ran. */
export function engineOf(
  { name }: InstalledModel,
  { device, precision, reason }: OpenMouthNetwork,
): ClipEngine {
  return { model: name, device, precision, ...(reason && { reason }) };
}

/** How far from fp32 on the CPU it was; known once the first frame is made. */
export function agreementOf({ psnr }: OpenMouthNetwork): Pick<ClipReport, 'psnr'> {
  return psnr === undefined ? {} : { psnr };
}
