import type { OpenRenderer, Renderer } from '../engine';
import { expectLandmarks, loadPortrait } from '../portrait';
import type { builtin } from './engine';
import { renderOnThread, type RenderedClip } from './render-thread';

export const open: OpenRenderer<typeof builtin> = async (
  { face, rate },
  { offset, blinks, headMotion, intensity },
  { signal },
) => {
  const { picture, landmarks } = expectLandmarks(await loadPortrait(face, signal));
  const { width, height, data } = picture;
  let clip: RenderedClip | undefined;
  const renderer: Renderer = {
    engine: { model: 'builtin', device: 'cpu' },
    width,
    height,
    render: async ({ features, cues, frameCount }, stop) => {
      clip = await renderOnThread(
        {
          picture,
          landmarks,
          cues,
          frameCount,
          rate,
          offset,
          blinks,
          headMotion,
          intensity,
          features,
        },
        stop,
      );
      const { region } = clip;
      renderer.backdrop = { picture: Buffer.from(data), ...region };
      return { frameCount, frames: clip.frames(stop), report: clip.report };
    },
    close: async () => clip?.close(),
  };
  return renderer;
};
