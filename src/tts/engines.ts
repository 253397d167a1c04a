/**
 * The voice engines, in the order in which `auto` asks them: the one place that names them all.
 * Light: an engine loads its work when it is used.
 */
import { coqui } from './coqui/engine';
import { elevenlabs } from './elevenlabs/engine';
import type { TtsEngine } from './engine';
import { espeak } from './espeak/engine';
import { flite } from './flite/engine';
import { kokoro } from './kokoro/engine';
import { openai } from './openai/engine';
import { piper } from './piper/engine';
import { wyoming } from './wyoming/engine';

export const TTS_ENGINES = [
  openai,
  wyoming,
  coqui,
  elevenlabs,
  piper,
  kokoro,
  flite,
  espeak,
] as const satisfies readonly TtsEngine[];
