import type { Engine } from './worker/engine';
import { serializeError, type SerializedError } from '../contract';
import type { Equipment } from './types';

/** What an engine has to work with. @throws E_CANCELLED, E_ENGINE_LOST */
export async function equipmentOf(engine: Engine, device: string): Promise<Equipment> {
  const [ffmpeg, devices] = await Promise.all([
    engine.ask('ffmpeg').catch(missing),
    engine.ask('devices').catch(missing),
  ]);
  return { ffmpeg, devices, device };
}

/** What is not there is an answer too. @throws where the engine itself is gone */
function missing(thrown: unknown): { error: SerializedError } {
  const { code, message } = serializeError(thrown);
  if (code === 'E_CANCELLED' || code === 'E_ENGINE_LOST') throw thrown;
  return { error: { code, message } };
}
