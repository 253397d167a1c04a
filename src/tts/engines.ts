/**
 * The voice engines, in the order in which `auto` asks them: the one place that names them all.
 * Light: an engine loads its work when it is used.
 */
import type { TtsEngine } from './engine';
import { espeak } from './espeak/engine';
import { flite } from './flite/engine';

export const TTS_ENGINES = [flite, espeak] as const satisfies readonly TtsEngine[];
