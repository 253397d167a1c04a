import { expectLandmarks } from '../portrait';
import type { Actor, StillScene } from '../actor';
import { renderOnThread } from './render-thread';

/** The built-in engine. @param reason why `auto` took it */
export async function builtinActor(scene: StillScene, reason: string | undefined): Promise<Actor> {
  const { heard, cues, rate, frameCount, parameters, context } = scene;
  const { picture, landmarks } = expectLandmarks(scene.portrait);
  const { offset, blinks, headMotion, intensity } = parameters;
  const clip = await renderOnThread(
    {
      ...{ picture, landmarks, cues, frameCount, rate },
      ...{ offset, blinks, headMotion, intensity },
      features: heard.features,
    },
    context.signal,
  );
  const { width, height, data } = picture;
  return {
    engine: { model: 'builtin', device: 'cpu', ...(reason && { reason }) },
    frameCount,
    width,
    height,
    backdrop: { picture: Buffer.from(data), ...clip.region },
    frames: (signal) => clip.frames(signal),
    report: () => clip.report(),
    close: async () => clip.close(),
  };
}
