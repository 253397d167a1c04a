import { BuiltinEngine } from '../../lipsync';
import type { Actor, StillScene } from './actor';

/** The built-in engine. @param reason why `auto` took it */
export function builtinActor(scene: StillScene, reason: string | undefined): Actor {
  const { portrait, heard, cues, rate, frameCount, parameters } = scene;
  const engine = new BuiltinEngine({
    picture: portrait.picture,
    landmarks: portrait.landmarks,
    features: heard.features,
    cues,
    frameCount,
    rate,
    offset: parameters.offset,
    blinks: parameters.blinks,
    headMotion: parameters.headMotion,
    intensity: parameters.intensity,
  });
  const { width, height, data } = portrait.picture;
  return {
    engine: { model: 'builtin', device: 'cpu', ...(reason && { reason }) },
    frameCount,
    width,
    height,
    backdrop: { picture: Buffer.from(data), ...engine.region },
    frames: (signal) => engine.frames(signal),
    report: () => ({ openness: engine.openness, drivenBy: engine.performance.drivenBy }),
    close: async () => undefined,
  };
}
