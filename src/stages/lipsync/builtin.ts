import { BuiltinEngine } from '../../lipsync';
import type { Actor, Scene } from './actor';

/** The built-in engine. @param reason why `auto` took it */
export function builtinActor(scene: Scene, reason: string | undefined): Actor {
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
  return {
    engine: { model: 'builtin', device: 'cpu', ...(reason && { reason }) },
    frameCount,
    region: engine.region,
    frames: (signal) => engine.frames(signal),
    report: () => ({ openness: engine.openness, drivenBy: engine.performance.drivenBy }),
  };
}
