/** Wav2Lip, from the user's own weights: paints the lower half of a face anew. */
import { describe, healthOf, LipwireError, type ParameterTable } from '../../contract';
import { expectLicence } from '../../ml/store/manifest';
import { ModelStore } from '../../ml/store/store';
import type { InstalledModel } from '../../ml/store/survey';
import { COMMON_PARAMETERS, type EngineSettings, type LipsyncEngine } from '../engine';

/** In the dialog, for a model that may be a network. */
const NETWORK = {
  since: 2,
  engine: 'wav2lip',
  section: 'network',
  when: { parameter: 'model', isNot: ['builtin'] },
} as const;

const parameters = {
  ...COMMON_PARAMETERS,
  /** How the mouth is put back. `parity` is the reference's rectangle, bit for bit. */
  blend: { type: 'choice', default: 'soft', of: ['soft', 'parity'], icon: 'fa-adjust', ...NETWORK },
  /** Soft: whether silence shows the portrait's own mouth. */
  silenceGate: { type: 'flag', default: true, ...NETWORK },
  /** Parity: pixels around the face's box: top, bottom, left, right. */
  pads: {
    type: 'text',
    default: '0 10 0 0',
    maxLength: 40,
    unit: 'px',
    format: 'pads',
    icon: 'fa-arrows',
    ...NETWORK,
  },
  /** Videos: of the face's place. `auto` is zero-lag with soft, reference with parity. */
  smoothing: {
    type: 'choice',
    default: 'auto',
    of: ['auto', 'zero-lag', 'reference', 'none'],
    icon: 'fa-line-chart',
    ...NETWORK,
  },
  /** Videos: what comes when the video ends before the speech. */
  whenShort: {
    type: 'choice',
    default: 'back-and-forth',
    of: ['back-and-forth', 'loop', 'freeze', 'end'],
    icon: 'fa-repeat',
    ...NETWORK,
  },
  /** Videos: only the first frame is shown. */
  static: { type: 'flag', default: false, ...NETWORK },
  /** `reference` has its 3 to 9 frames fewer. */
  frameCount: {
    type: 'choice',
    default: 'exact',
    of: ['exact', 'reference'],
    icon: 'fa-list-ol',
    ...NETWORK,
  },
  /** `auto` is fp32 on the CPU; on a GPU fp16, where that agrees with it. */
  precision: {
    type: 'choice',
    default: 'auto',
    of: ['auto', 'fp32', 'int8', 'fp16'],
    icon: 'fa-microchip',
    ...NETWORK,
  },
  /** Frames that the network computes at once; 0: what suits the device. */
  batch: {
    type: 'number',
    default: 0,
    min: 0,
    max: 128,
    whole: true,
    unit: 'frames',
    icon: 'fa-th',
    ...NETWORK,
  },
} as const satisfies ParameterTable;

export const wav2lip: LipsyncEngine<typeof parameters> = {
  id: 'wav2lip',
  title: 'Wav2Lip',
  parameters,
  accepts: { image: true, video: true },
  // The GAN's pictures are sharper.
  models: ['wav2lip_gan', 'wav2lip', 'wav2lip_256'],
  health: (model, settings, signal) =>
    healthOf(async () => {
      await findModel(model, settings, signal);
      return {};
    }),
  cacheKey: async (model, settings, signal) => {
    const { name, sha256 } = await findModel(model, settings, signal);
    return { name, sha256, device: settings.device };
  },
};

/** @throws E_MODEL_MISSING, E_MODEL_INVALID, E_MODEL_LICENCE, E_CANCELLED */
export async function findModel(
  name: string,
  { modelsFolder, acceptNonCommercial }: EngineSettings,
  signal?: AbortSignal,
): Promise<InstalledModel> {
  const model = await new ModelStore({ folder: modelsFolder }).find(name, { signal });
  // null: the user's own file, which is known by its tensors once it is opened.
  if (model.kind !== null && !model.kind.startsWith('wav2lip')) {
    throw new LipwireError(
      'E_MODEL_INVALID',
      `Expected a Wav2Lip model but ${describe(name)} is of the kind ${model.kind}; choose ` +
        'another model.',
    );
  }
  expectLicence(model, acceptNonCommercial);
  return model;
}
