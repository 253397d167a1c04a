/** What an engine is given, and what it gives to the stage. */
import type { ClipEngine, StageContext } from '../contract';
import type { EngineFace, OpenRenderer, Renderer, Rendering, Speech } from './engine';
import type { Footage } from './footage';
import type { Portrait } from './portrait';
import type { wav2lip } from './wav2lip/engine';

export interface Scene extends EngineFace, Omit<Speech, 'file'> {
  /** WAV file. */
  sound: string;
  parameters: Parameters<OpenRenderer<typeof wav2lip>>[1];
  context: StageContext;
}

export interface StillScene extends Scene {
  portrait: Portrait;
}

export interface VideoScene extends Scene {
  footage: Footage;
}

export interface Actor
  extends
    Pick<Renderer, 'width' | 'height' | 'backdrop'>,
    Pick<Rendering, 'frameCount' | 'report'> {
  engine: ClipEngine;
  frames(signal: AbortSignal): AsyncIterable<Buffer>;
}
