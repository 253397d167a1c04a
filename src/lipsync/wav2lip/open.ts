import type { Scene } from '../actor';
import type { OpenRenderer, Renderer } from '../engine';
import { openFootage } from '../footage';
import { loadPortrait } from '../portrait';
import { findModel, type wav2lip } from './engine';
import { networkOf } from './mouth';
import { stillActor } from './still-actor';
import { videoActor } from './video-actor';

export const open: OpenRenderer<typeof wav2lip> = async ({ face, rate }, parameters, context) => {
  const model = await findModel(parameters.model, context.settings, context.signal);
  await networkOf({ parameters, context }, model);
  const isVideo = face.source.type === 'video';
  const footage = isVideo ? await openFootage(face) : undefined;
  const portrait = isVideo ? undefined : await loadPortrait(face, context.signal);
  const renderer: Renderer = {
    engine: { model: model.name, device: '' },
    ...{ width: 0, height: 0 },
    render: async ({ file: sound, ...speech }, signal) => {
      const scene: Scene = { face, rate, parameters, context, sound, ...speech };
      const actor = footage
        ? await videoActor({ ...scene, footage }, model)
        : await stillActor({ ...scene, portrait: portrait! }, model);
      const { engine, frameCount, width, height, backdrop } = actor;
      Object.assign(renderer, { engine, width, height, backdrop });
      return { frameCount, frames: actor.frames(signal), report: () => actor.report() };
    },
    close: async () => footage?.track.close(),
  };
  return renderer;
};
