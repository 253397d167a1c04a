/** Where the portrait's own mouth is shown: nobody speaks. */
import { frameTime, type FrameRate } from '../../contract';
import { clamp, smoothstep } from '../maths';
import { HOP, type SoundFeatures } from '../sound/analysis';
import { markSpeech, measureLevels } from '../sound/activity';

/** Seconds: shorter pauses are speech; the mouth is there before the sound, and leaves after it. */
const PAUSE = 0.35;
const ATTACK = 0.2;
const RELEASE = 0.25;

/**
 * How far each frame's mouth comes from the network: 0 in silence, 1 in speech, between the two
 * before and after speech.
 * @param offset seconds by which the mouth is late
 */
export function speechGate(
  features: SoundFeatures,
  { rate, frameCount, offset }: { rate: FrameRate; frameCount: number; offset: number },
): Float32Array {
  const marks = markSpeech(features, measureLevels(features), PAUSE);
  const since = distances(marks);
  const until = distances(marks.slice().reverse()).reverse();
  return Float32Array.from({ length: frameCount }, (_, frame) => {
    const step = Math.round((frameTime(frame, rate) - offset) / HOP);
    // Beyond either end of the sound nothing is heard any more.
    const at = clamp(step, 0, marks.length - 1);
    const beyond = Math.abs(step - at);
    const after = (since[at] ?? Infinity) + Math.max(0, step - at);
    const before = (until[at] ?? Infinity) + (step < 0 ? beyond : 0);
    const share = Math.max(1 - (after * HOP) / RELEASE, 1 - (before * HOP) / ATTACK);
    return smoothstep(0, 1, share);
  });
}

/** Steps since the last marked one. */
function distances(marks: Uint8Array): number[] {
  let since = Infinity;
  return Array.from(marks, (mark) => (since = mark ? 0 : since + 1));
}
