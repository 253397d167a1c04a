import { BuiltinEngine } from '../../lipsync';
import { expectLandmarks } from '../portrait';
import type { Actor, StillScene } from './actor';

/** The built-in engine. @param reason why `auto` took it */
export function builtinActor(scene: StillScene, reason: string | undefined): Actor {
  const { heard, cues, rate, frameCount, parameters } = scene;
  const portrait = expectLandmarks(scene.portrait);
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
