import type { Ffmpeg } from '../av/ffmpeg/types';
import { measureLoudness } from '../av/loudness/measure';
import type { ClipPayload, LoudnessMeasure } from '../contract';
import { encodeSound } from './encode-sound';
import { joinSounds } from './sound';
import type { StitchPlan } from './plan';

/** Loudness is corrected from this difference on, in LU. */
const TOLERANCE = 0.2;
/** AAC may raise a peak by half a decibel; the finished video is to stay below −1 dBTP. */
const HIGHEST_PEAK = -1.5;

interface JoinedSound {
  loudness: LoudnessMeasure;
  fadedSpeech: number;
}

/** Joins the sounds, brings them to their loudness and encodes them. */
export async function makeSound(
  target: string,
  clips: readonly ClipPayload[],
  plan: StitchPlan,
  ffmpeg: Ffmpeg,
  signal: AbortSignal,
): Promise<JoinedSound> {
  const sound = `${target}.wav`;
  const fadedSpeech = await joinSounds(ffmpeg, plan, sound, signal);
  const measured = await measureLoudness(sound, async () => ffmpeg, signal);
  const gain = gainFor(measured, clips);
  await encodeSound({ ffmpeg, sound, gain, target, signal });
  return { loudness: louder(measured, gain), fadedSpeech };
}

/**
 * The gain in dB that brings the whole to the loudness that all clips aimed at; 0 where they do not
 * agree, where it is there already, or where peaks leave no room.
 */
function gainFor({ integrated, truePeak }: LoudnessMeasure, clips: readonly ClipPayload[]): number {
  const target = clips[0]?.loudness?.target;
  if (target === undefined || integrated === null || truePeak === null) return 0;
  if (clips.some((clip) => clip.loudness?.target !== target)) return 0;
  const wanted = target - integrated;
  if (Math.abs(wanted) <= TOLERANCE) return Math.min(0, HIGHEST_PEAK - truePeak);
  return Math.min(wanted, HIGHEST_PEAK - truePeak);
}

function louder({ integrated, range, truePeak }: LoudnessMeasure, gain: number): LoudnessMeasure {
  const raised = (value: number | null): number | null =>
    value === null ? null : Math.round((value + gain) * 100) / 100;
  return { integrated: raised(integrated), range, truePeak: raised(truePeak) };
}
